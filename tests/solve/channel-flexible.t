# channel before version, but both may be used
channels first second
priority flexible
channel first
package a 1.0 h_0
package c 1.0 h_0
channel second
package a 2.0 h_0
package c 2.0 h_0
request a
request c >=2
expect
a 1.0 h_0 first
c 2.0 h_0 second
