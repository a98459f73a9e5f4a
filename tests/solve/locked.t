# what the old lock has stays while it can
package a 1.0 h_0
package a 2.0 h_0
package b 1.0 h_0
package b 2.0 h_0
package b 3.0 h_0
request a
request b >=2
locked a 1.0 h_0
locked b 1.0 h_0
expect
a 1.0 h_0
b 3.0 h_0
