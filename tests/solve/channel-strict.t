# a name comes from the first channel that has it, even at a lower version
channels first second
channel first
package a 1.0 h_0
channel second
package a 2.0 h_0
package b 1.0 h_0
request a
request b
expect
a 1.0 h_0 first
b 1.0 h_0 second
