# Dependencies that count under a condition (CEP 43), those of a group that is asked for (CEP 44), and flags (CEP 45).
# rattler answers the same, but for `extras` together with `when`: it finds no candidate for what the group needs.
virtual __unix 0
virtual __cuda 13.0
package platform 1 0
	depends on-unix[when="__unix"]
	depends on-windows[when="__win"]
	depends on-windows[when="__unix and __win"]
	depends on-cuda >=1[when="__win or (__cuda >=12 and __unix)"]
	depends on-old-cuda[when="__cuda<12"]
package chosen 1 0
	depends python
	depends for-new[when="python >=3.12"]
	depends for-old[when="python[version='<3.12']"]
	depends for-absent[when="for-old"]
	depends for-new-for[when="for-new"]
	constrains python <3.12.99[when="__win"]
package group 1 0
	depends lib[extras=[gpu, "test"]]
	depends other[extras=doc,when="__unix"]
	depends other[extras=[unknown]]
	depends third[extras=[doc],when="__win"]
package lib 1 0
	extra gpu for-gpu >=1
	extra test for-test
	extra doc for-doc
package other 1 0
	extra doc for-other-doc
	extra test for-other-test
package third 1 0
package flags 1 0
	depends variant[flags=[gpu]]
	depends kind[flags=["blas:*"]]
package variant 1 0
	flags gpu
	flags blas:mkl
package variant 2 0
	flags cpu
package variant 3 0
package kind 1 0
	flags blas:mkl
package kind 2 0
	flags cuda
package python 3.11 0
package python 3.12 0
package python 3.13 0
package on-unix 1 0
package on-windows 1 0
package on-cuda 1 0
package on-old-cuda 1 0
package for-new 1 0
package for-new-for 1 0
package for-old 1 0
package for-absent 1 0
package for-gpu 1 0
package for-test 1 0
package for-doc 1 0
package for-other-doc 1 0
package for-other-test 1 0
request platform
request chosen
request group
request flags
expect
chosen 1 0
flags 1 0
for-gpu 1 0
for-new 1 0
for-new-for 1 0
for-other-doc 1 0
for-test 1 0
group 1 0
kind 1 0
lib 1 0
on-cuda 1 0
on-unix 1 0
other 1 0
platform 1 0
python 3.12 0
variant 1 0
