# a component that no channel has: nothing is suggested that does not exist either
package libcudart-dev 13.0 0
package libcublas-dev 13.0 0
request libcufft-dev
explain
no set of packages satisfies the request
└─ libcufft-dev (component cufft) is requested, but no channel has it
component cufft: no channel of this request has libcufft-dev. Add one that does, such as conda-forge, or leave the component out.
