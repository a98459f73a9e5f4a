# A condition that cannot be read makes its record unusable; one that holds is part of the reason.
package a 1 0
	depends b[when="(b"]
package a 2 0
	depends b >=2[when="c"]
	depends c
package b 1 0
package c 1 0
request a
explain
no set of packages satisfies the request
└─ a is requested
   ├─ a 1: invalid dependency "b[when="(b"]": the condition "(b": expected a ')'
   ├─ a 2 needs b >=2[when="c"], but the channels only have 1
   └─ a 2 needs c
