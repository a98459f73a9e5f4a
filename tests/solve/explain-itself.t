# A record that constrains its own name so that it does not match itself. rattler refuses it, too.
package a 1 0
	constrains a >=2
package a 2 0
	constrains a <3
package a 3 0
	constrains b
	constrains a <3[when="b"]
request a !=2
explain
no set of packages satisfies the request
└─ a !=2 is requested, but all matches are excluded
   ├─ a 3: excludes itself: it constrains "a <3[when="b"]"
   └─ a 1: excludes itself: it constrains "a >=2"
