# equal up to the build number: the one whose common dependency can be newer
package a 1.0 py310_0 date 2025-06-01
	depends python 3.10.*
package a 1.0 py312_0 date 2025-01-01
	depends python 3.12.*
package a 1.0 py311_0 date 2025-06-01
	depends python 3.11.*
package python 3.10.1 h_0
package python 3.11.1 h_0
package python 3.12.1 h_0
request a
expect
a 1.0 py312_0
python 3.12.1 h_0
