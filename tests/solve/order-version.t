# version, then build number, then timestamp; a record with track_features comes last
package a 1.0 h_0
package a 1.0 h_2 number 2
package a 1.0 g_2 number 2 date 2025-01-01
package a 2.0 h_0 track slow
request a
expect
a 1.0 g_2
