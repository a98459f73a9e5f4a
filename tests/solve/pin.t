# a pin holds for what is there and pulls nothing in
package a 1.0 h_0
	depends b
package b 1.0 h_0
package b 2.0 h_0
package c 1.0 h_0
request a
pin b <2
pin c >=1
expect
a 1.0 h_0
b 1.0 h_0
