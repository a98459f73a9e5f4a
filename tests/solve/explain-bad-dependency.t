# nothing is left but a record with a dependency that makes no sense
package a 1.0 h_0
	depends b >=1<2
package b 1.0 h_0
request a
explain
no set of packages satisfies the request
└─ a is requested, but all matches are excluded
   └─ a 1.0: invalid dependency "b >=1<2": expected ',' or '|' between two constraints
