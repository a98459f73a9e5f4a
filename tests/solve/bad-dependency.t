# a record with a dependency that makes no sense is passed over
package a 1.0 h_0
	depends b
package a 2.0 h_0
	depends b >=1<2
package b 1.0 h_0
request a
expect
a 1.0 h_0
b 1.0 h_0
