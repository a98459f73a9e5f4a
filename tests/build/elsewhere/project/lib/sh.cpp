#include <nvrtc.h>
int host() { int a = 0, b = 0; nvrtcVersion(&a, &b); return a + (__FILE__[0] == '/'); }
