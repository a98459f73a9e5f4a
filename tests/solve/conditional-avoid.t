# Where a condition leads to nothing, it is avoided: by an older version, or by leaving out what fulfils it.
virtual __unix 0
package a 1 0
package a 2 0
	depends missing[when="b"]
package b 1 0
package c 1 0
	depends d
package d 1 0
package d 2 0
	depends e >=2[when="__unix and d >=2"]
package e 1 0
package f 1 0
	depends g[extras=[x]]
package g 1 0
package g 2 0
	extra x missing
request a
request b
request c
request f
expect
a 1 0
b 1 0
c 1 0
d 1 0
f 1 0
g 1 0
