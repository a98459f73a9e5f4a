# later records and those without a date are left out; exceptions by package; when the index first had a file
# counts more than when it was made (CEP 47)
package a 1.0 h_0 date 2024-01-01
package a 2.0 h_0 date 2025-06-01
package a 3.0 h_0
package b 1.0 h_0 date 2024-01-01
package b 2.0 h_0 date 2025-06-01
package c 1.0 h_0
package d 1.0 h_0 indexed 2024-01-01
package d 2.0 h_0 date 2025-06-01 indexed 2024-06-01
package d 3.0 h_0 date 2024-07-01 indexed 2025-06-01
request a
request b
request c
request d
exclude-newer 2025-01-01
except b 2025-12-31
except c -
expect
a 1.0 h_0
b 2.0 h_0
c 1.0 h_0
d 2.0 h_0
