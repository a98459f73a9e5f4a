# a spec names a channel that has other versions only
channels conda-forge nvidia
channel conda-forge
package a 1.0 h_0
package a 2.0 h_0
channel nvidia
package a 3.0 h_0
request conda-forge::a 3.*
explain
no set of packages satisfies the request
└─ conda-forge::a 3.* is requested, but conda-forge only has 1.0, 2.0
