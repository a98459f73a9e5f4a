# What a request asks for under a condition, with a group, and by flags. rattler answers the same.
virtual __unix 0
package lib 1 0
	flags cuda
	extra gpu driver
	extra doc texts[when="__win"]
	extra doc fonts[when="tool"]
package lib 2 0
package tool 1 0
package driver 1 0
package texts 1 0
package fonts 1 0
package unwanted 1 0
package wanted 1 0
package broken 1 0
	depends missing
request lib[extras=[gpu, doc], flags=[cuda]]
request tool[when="__unix and lib <2"]
request wanted[when="(unwanted or tool) and lib[extras=[gpu]]"]
request unwanted[when="lib[extras=[other]]"]
request broken[when="__win or driver >=2"]
expect
driver 1 0
fonts 1 0
lib 1 0
tool 1 0
wanted 1 0
