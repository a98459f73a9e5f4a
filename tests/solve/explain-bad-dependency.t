# nothing is left but a record with a dependency that makes no sense
package a 1.0 h_0
	depends b >=1<2
package b 1.0 h_0
request a
explain
no set of packages meets the request
└─ a is asked for, but all that match are left out
   └─ a 1.0: a dependency that cannot be read, "b >=1<2": expected ',' or '|' between two constraints
