#include <cassert>
#include <string>
const char *when() { static std::string s = std::string(__FILE__) + " " __DATE__ " " __TIME__; assert(!s.empty()); return s.c_str(); }
