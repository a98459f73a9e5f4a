# one request against another
package a 1.0 h_0
package a 2.0 h_0
request a <2
request a >=2
explain
no set of packages satisfies the request
├─ a <2 is requested
└─ a >=2 is requested
