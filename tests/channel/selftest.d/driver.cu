// SPDX-License-Identifier: MIT
// Links against the driver's stub; running it needs a driver.
#include <cuda.h>

__device__ int shared_counter;

__global__ void count()
{
	atomicAdd(&shared_counter, 1);
}

int main()
{
	CUdevice device;
	size_t bytes;

	if (cuInit(0) != CUDA_SUCCESS || cuDeviceGet(&device, 0) != CUDA_SUCCESS)
		return 1;
	count<<<1, 1>>>();
	return cuDeviceTotalMem(&bytes, device) != CUDA_SUCCESS;
}
