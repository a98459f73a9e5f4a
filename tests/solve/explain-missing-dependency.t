# a dependency that no channel has
package a 1.0 h_0
	depends b >=2
package a 2.0 h_0
	depends c
package b 1.0 h_0
package b 1.5 h_0
request a
explain
no set of packages satisfies the request
└─ a is requested
   ├─ a 2.0 needs c, but no channel has it
   └─ a 1.0 needs b >=2, but the channels only have 1.0, 1.5
