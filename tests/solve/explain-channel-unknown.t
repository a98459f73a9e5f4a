# a spec names a channel that is not one of the request
channels conda-forge nvidia
channel conda-forge
package a 1.0 h_0
channel nvidia
package b 1.0 h_0
request nowhere::a
explain
no set of packages satisfies the request
└─ nowhere::a is requested, but "nowhere" is not one of the channels
Add the channel first (`ccenv channel add nowhere`), or request one of conda-forge, nvidia.
