static __global__ void k(int *p) { if (p) *p = 1; }
namespace { struct S { S() { k<<<1, 1>>>(nullptr); } } s; }
