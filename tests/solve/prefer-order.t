# x and y at their best exclude each other: the one that the request names first, by name, stays
package x 1.0 h_0
package x 2.0 h_0
	constrains y <2
package y 1.0 h_0
package y 2.0 h_0
	constrains x <2
request x
request y
expect
x 2.0 h_0
y 1.0 h_0
