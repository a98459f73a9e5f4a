# a spec names a channel that does not have the package, or not that version
channels conda-forge nvidia
channel conda-forge
package a 1.0 h_0
package a 2.0 h_0
channel nvidia
package b 1.0 h_0
package a 3.0 h_0
request conda-forge::b
explain
no set of packages satisfies the request
└─ conda-forge::b is requested, but conda-forge does not have it; other channels have 1.0
