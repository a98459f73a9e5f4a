#include <cassert>
#include <cstdio>
#include <cub/block/block_reduce.cuh>
extern __device__ int twice(int);
int host();
const char *when();
namespace {
__device__ int hidden = 3;
__global__ void k(int *p)
{
	using Reduce = cub::BlockReduce<int, 64>;
	__shared__ typename Reduce::TempStorage storage;
	assert(p);
	int sum = Reduce(storage).Sum(twice(hidden));
	if (threadIdx.x == 0)
		*p = sum;
}
}
int main()
{
	int *p = nullptr, sum = 0;
	std::printf("%s %s %d\n", __FILE__, when(), host());
	if (cudaMalloc(&p, sizeof(*p)) != cudaSuccess) {
		std::puts("no GPU: not run");
		return 0;
	}
	/* A graph of one kernel, launched twice. */
	cudaStream_t stream;
	cudaGraph_t graph;
	cudaGraphExec_t exec;
	cudaStreamCreate(&stream);
	cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal);
	k<<<1, 64, 0, stream>>>(p);
	cudaStreamEndCapture(stream, &graph);
	cudaGraphInstantiate(&exec, graph, 0);
	cudaGraphLaunch(exec, stream);
	cudaGraphLaunch(exec, stream);
	cudaStreamSynchronize(stream);
	cudaMemcpy(&sum, p, sizeof(sum), cudaMemcpyDeviceToHost);
	std::printf("%d: %s\n", sum, sum == 64 * 6 ? "right" : "wrong");
	return sum != 64 * 6;
}
