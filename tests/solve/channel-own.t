# a spec with a channel lifts strict priority for its name
channels first second
channel first
package a 1.0 h_0
channel second
package a 2.0 h_0
request second::a
expect
a 2.0 h_0 second
