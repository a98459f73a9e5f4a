# what is asked for comes first: b gives way, being met later, though a at its best would allow it
package a 1.0 h_0
	depends b
package a 2.0 h_0
	depends b <2
package b 1.0 h_0
package b 2.0 h_0
request a
expect
a 2.0 h_0
b 1.0 h_0
