channels first second
priority disabled
channel first
package a 1.0 h_0
channel second
package a 2.0 h_0
request a
expect
a 2.0 h_0 second
