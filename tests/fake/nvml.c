/* SPDX-License-Identifier: MIT */
/* Stands in for the driver's libnvidia-ml.so.1: CUDA 12.7, a Hopper and an Ampere; or lies. */
#include "lies.h"

#define V "FAKE_NVML"

int nvmlInit_v2(void);
int nvmlSystemGetCudaDriverVersion_v2(int *version);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetCudaComputeCapability(const void *device, int *major, int *minor);

static int devices[2];

int nvmlInit_v2(void)
{
	misbehave(V, "init");
	return lies(V, "init-error") ? 9 : 0;
}

int nvmlSystemGetCudaDriverVersion_v2(int *version)
{
	misbehave(V, "driver");
	*version = lies(V, "driver-0")          ? 0
		   : lies(V, "driver-huge")     ? 2000000000
		   : lies(V, "driver-negative") ? -12070
						: 12070;
	return lies(V, "driver-error") ? 3 : 0;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = lies(V, "devices-0") ? 0 : lies(V, "devices-huge") ? 4000000000U : 2;
	return lies(V, "devices-error") ? 3 : 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	if (index > 1)
		return 2;
	*device = &devices[index];
	return 0;
}

int nvmlDeviceGetCudaComputeCapability(const void *device, int *major, int *minor)
{
	misbehave(V, "arch");
	*major = lies(V, "arch-0")          ? 0
		 : lies(V, "arch-negative") ? -8
		 : lies(V, "arch-huge")     ? 1000
		 : device == &devices[0]    ? 9
					    : 8;
	*minor = device == &devices[0] ? 0 : 6;
	return lies(V, "arch-error") ? 3 : 0;
}
