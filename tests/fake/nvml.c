/* SPDX-License-Identifier: MIT */
/* Stands in for the driver's libnvidia-ml.so.1: CUDA 12.7, a Hopper and an Ampere. */
int nvmlInit_v2(void);
int nvmlSystemGetCudaDriverVersion_v2(int *version);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetCudaComputeCapability(const void *device, int *major, int *minor);

static int devices[2];

int nvmlInit_v2(void)
{
	return 0;
}

int nvmlSystemGetCudaDriverVersion_v2(int *version)
{
	*version = 12070;
	return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
	*count = 2;
	return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
	*device = &devices[index];
	return 0;
}

int nvmlDeviceGetCudaComputeCapability(const void *device, int *major, int *minor)
{
	*major = device == &devices[0] ? 9 : 8;
	*minor = device == &devices[0] ? 0 : 6;
	return 0;
}
