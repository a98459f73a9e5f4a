strategy lowest
package a 1.0 h_0
	depends b
package a 2.0 h_0
	depends b
package b 1.0 h_0
package b 1.0 h_1 number 1
package b 2.0 h_0
request a
expect
a 1.0 h_0
b 1.0 h_1
