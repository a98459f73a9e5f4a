/* SPDX-License-Identifier: MIT */
/* Stands in for the driver's libcuda.so.1: CUDA 12.4, an Orin; or lies. */
#include "lies.h"

#define V "FAKE_CUDA"

int cuDriverGetVersion(int *version);
int cuInit(unsigned flags);
int cuDeviceGetCount(int *count);
int cuDeviceGet(int *device, int ordinal);
int cuDeviceGetAttribute(int *value, int attribute, int device);

int cuDriverGetVersion(int *version)
{
	misbehave(V, "driver");
	*version = lies(V, "driver-0")          ? 0
		   : lies(V, "driver-huge")     ? 2000000000
		   : lies(V, "driver-negative") ? -12040
						: 12040;
	/* A stub library says 34. */
	return lies(V, "driver-error") || lies(V, "stub") ? 34 : 0;
}

int cuInit(unsigned flags)
{
	misbehave(V, "init");
	return lies(V, "init-error") || lies(V, "stub") ? 34 : (int)flags;
}

int cuDeviceGetCount(int *count)
{
	*count = lies(V, "devices-0")          ? 0
		 : lies(V, "devices-huge")     ? 2000000000
		 : lies(V, "devices-negative") ? -1
					       : 1;
	return lies(V, "devices-error") ? 100 : 0;
}

int cuDeviceGet(int *device, int ordinal)
{
	*device = ordinal;
	return ordinal == 0 ? 0 : 101;
}

int cuDeviceGetAttribute(int *value, int attribute, int device)
{
	misbehave(V, "arch");
	*value = attribute == 75 ? 8 : 7;
	if (attribute == 75 && (lies(V, "arch-0") || lies(V, "arch-negative")))
		*value = lies(V, "arch-0") ? 0 : -8;
	if (attribute == 75 && lies(V, "arch-huge"))
		*value = 1000;
	return lies(V, "arch-error") ? 1 : device;
}
