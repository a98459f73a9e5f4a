const char *c_file(void)
{
	return __FILE__ __DATE__ __TIME__;
}
