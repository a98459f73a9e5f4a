# a dependency that no channel has
package a 1.0 h_0
	depends b >=2
package a 2.0 h_0
	depends c
package b 1.0 h_0
package b 1.5 h_0
request a
explain
no set of packages meets the request
└─ a is asked for
   ├─ a 2.0 needs c, which no channel has
   └─ a 1.0 needs b >=2, but there is only 1.0, 1.5
