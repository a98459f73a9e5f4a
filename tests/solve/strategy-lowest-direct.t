strategy lowest-direct
package a 1.0 h_0
	depends b
package a 2.0 h_0
	depends b
package b 1.0 h_0
package b 2.0 h_0
request a
expect
a 1.0 h_0
b 2.0 h_0
