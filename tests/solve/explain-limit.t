# more packages than places for them: a search without an end
package pigeon00 1 0
	depends hole00 ==1
package pigeon00 2 0
	depends hole01 ==1
package pigeon00 3 0
	depends hole02 ==1
package pigeon00 4 0
	depends hole03 ==1
package pigeon00 5 0
	depends hole04 ==1
package pigeon00 6 0
	depends hole05 ==1
package pigeon00 7 0
	depends hole06 ==1
package pigeon00 8 0
	depends hole07 ==1
package pigeon00 9 0
	depends hole08 ==1
package pigeon00 10 0
	depends hole09 ==1
package pigeon00 11 0
	depends hole10 ==1
package pigeon01 1 0
	depends hole00 ==2
package pigeon01 2 0
	depends hole01 ==2
package pigeon01 3 0
	depends hole02 ==2
package pigeon01 4 0
	depends hole03 ==2
package pigeon01 5 0
	depends hole04 ==2
package pigeon01 6 0
	depends hole05 ==2
package pigeon01 7 0
	depends hole06 ==2
package pigeon01 8 0
	depends hole07 ==2
package pigeon01 9 0
	depends hole08 ==2
package pigeon01 10 0
	depends hole09 ==2
package pigeon01 11 0
	depends hole10 ==2
package pigeon02 1 0
	depends hole00 ==3
package pigeon02 2 0
	depends hole01 ==3
package pigeon02 3 0
	depends hole02 ==3
package pigeon02 4 0
	depends hole03 ==3
package pigeon02 5 0
	depends hole04 ==3
package pigeon02 6 0
	depends hole05 ==3
package pigeon02 7 0
	depends hole06 ==3
package pigeon02 8 0
	depends hole07 ==3
package pigeon02 9 0
	depends hole08 ==3
package pigeon02 10 0
	depends hole09 ==3
package pigeon02 11 0
	depends hole10 ==3
package pigeon03 1 0
	depends hole00 ==4
package pigeon03 2 0
	depends hole01 ==4
package pigeon03 3 0
	depends hole02 ==4
package pigeon03 4 0
	depends hole03 ==4
package pigeon03 5 0
	depends hole04 ==4
package pigeon03 6 0
	depends hole05 ==4
package pigeon03 7 0
	depends hole06 ==4
package pigeon03 8 0
	depends hole07 ==4
package pigeon03 9 0
	depends hole08 ==4
package pigeon03 10 0
	depends hole09 ==4
package pigeon03 11 0
	depends hole10 ==4
package pigeon04 1 0
	depends hole00 ==5
package pigeon04 2 0
	depends hole01 ==5
package pigeon04 3 0
	depends hole02 ==5
package pigeon04 4 0
	depends hole03 ==5
package pigeon04 5 0
	depends hole04 ==5
package pigeon04 6 0
	depends hole05 ==5
package pigeon04 7 0
	depends hole06 ==5
package pigeon04 8 0
	depends hole07 ==5
package pigeon04 9 0
	depends hole08 ==5
package pigeon04 10 0
	depends hole09 ==5
package pigeon04 11 0
	depends hole10 ==5
package pigeon05 1 0
	depends hole00 ==6
package pigeon05 2 0
	depends hole01 ==6
package pigeon05 3 0
	depends hole02 ==6
package pigeon05 4 0
	depends hole03 ==6
package pigeon05 5 0
	depends hole04 ==6
package pigeon05 6 0
	depends hole05 ==6
package pigeon05 7 0
	depends hole06 ==6
package pigeon05 8 0
	depends hole07 ==6
package pigeon05 9 0
	depends hole08 ==6
package pigeon05 10 0
	depends hole09 ==6
package pigeon05 11 0
	depends hole10 ==6
package pigeon06 1 0
	depends hole00 ==7
package pigeon06 2 0
	depends hole01 ==7
package pigeon06 3 0
	depends hole02 ==7
package pigeon06 4 0
	depends hole03 ==7
package pigeon06 5 0
	depends hole04 ==7
package pigeon06 6 0
	depends hole05 ==7
package pigeon06 7 0
	depends hole06 ==7
package pigeon06 8 0
	depends hole07 ==7
package pigeon06 9 0
	depends hole08 ==7
package pigeon06 10 0
	depends hole09 ==7
package pigeon06 11 0
	depends hole10 ==7
package pigeon07 1 0
	depends hole00 ==8
package pigeon07 2 0
	depends hole01 ==8
package pigeon07 3 0
	depends hole02 ==8
package pigeon07 4 0
	depends hole03 ==8
package pigeon07 5 0
	depends hole04 ==8
package pigeon07 6 0
	depends hole05 ==8
package pigeon07 7 0
	depends hole06 ==8
package pigeon07 8 0
	depends hole07 ==8
package pigeon07 9 0
	depends hole08 ==8
package pigeon07 10 0
	depends hole09 ==8
package pigeon07 11 0
	depends hole10 ==8
package pigeon08 1 0
	depends hole00 ==9
package pigeon08 2 0
	depends hole01 ==9
package pigeon08 3 0
	depends hole02 ==9
package pigeon08 4 0
	depends hole03 ==9
package pigeon08 5 0
	depends hole04 ==9
package pigeon08 6 0
	depends hole05 ==9
package pigeon08 7 0
	depends hole06 ==9
package pigeon08 8 0
	depends hole07 ==9
package pigeon08 9 0
	depends hole08 ==9
package pigeon08 10 0
	depends hole09 ==9
package pigeon08 11 0
	depends hole10 ==9
package pigeon09 1 0
	depends hole00 ==10
package pigeon09 2 0
	depends hole01 ==10
package pigeon09 3 0
	depends hole02 ==10
package pigeon09 4 0
	depends hole03 ==10
package pigeon09 5 0
	depends hole04 ==10
package pigeon09 6 0
	depends hole05 ==10
package pigeon09 7 0
	depends hole06 ==10
package pigeon09 8 0
	depends hole07 ==10
package pigeon09 9 0
	depends hole08 ==10
package pigeon09 10 0
	depends hole09 ==10
package pigeon09 11 0
	depends hole10 ==10
package pigeon10 1 0
	depends hole00 ==11
package pigeon10 2 0
	depends hole01 ==11
package pigeon10 3 0
	depends hole02 ==11
package pigeon10 4 0
	depends hole03 ==11
package pigeon10 5 0
	depends hole04 ==11
package pigeon10 6 0
	depends hole05 ==11
package pigeon10 7 0
	depends hole06 ==11
package pigeon10 8 0
	depends hole07 ==11
package pigeon10 9 0
	depends hole08 ==11
package pigeon10 10 0
	depends hole09 ==11
package pigeon10 11 0
	depends hole10 ==11
package pigeon11 1 0
	depends hole00 ==12
package pigeon11 2 0
	depends hole01 ==12
package pigeon11 3 0
	depends hole02 ==12
package pigeon11 4 0
	depends hole03 ==12
package pigeon11 5 0
	depends hole04 ==12
package pigeon11 6 0
	depends hole05 ==12
package pigeon11 7 0
	depends hole06 ==12
package pigeon11 8 0
	depends hole07 ==12
package pigeon11 9 0
	depends hole08 ==12
package pigeon11 10 0
	depends hole09 ==12
package pigeon11 11 0
	depends hole10 ==12
package hole00 1 0
package hole00 2 0
package hole00 3 0
package hole00 4 0
package hole00 5 0
package hole00 6 0
package hole00 7 0
package hole00 8 0
package hole00 9 0
package hole00 10 0
package hole00 11 0
package hole00 12 0
package hole01 1 0
package hole01 2 0
package hole01 3 0
package hole01 4 0
package hole01 5 0
package hole01 6 0
package hole01 7 0
package hole01 8 0
package hole01 9 0
package hole01 10 0
package hole01 11 0
package hole01 12 0
package hole02 1 0
package hole02 2 0
package hole02 3 0
package hole02 4 0
package hole02 5 0
package hole02 6 0
package hole02 7 0
package hole02 8 0
package hole02 9 0
package hole02 10 0
package hole02 11 0
package hole02 12 0
package hole03 1 0
package hole03 2 0
package hole03 3 0
package hole03 4 0
package hole03 5 0
package hole03 6 0
package hole03 7 0
package hole03 8 0
package hole03 9 0
package hole03 10 0
package hole03 11 0
package hole03 12 0
package hole04 1 0
package hole04 2 0
package hole04 3 0
package hole04 4 0
package hole04 5 0
package hole04 6 0
package hole04 7 0
package hole04 8 0
package hole04 9 0
package hole04 10 0
package hole04 11 0
package hole04 12 0
package hole05 1 0
package hole05 2 0
package hole05 3 0
package hole05 4 0
package hole05 5 0
package hole05 6 0
package hole05 7 0
package hole05 8 0
package hole05 9 0
package hole05 10 0
package hole05 11 0
package hole05 12 0
package hole06 1 0
package hole06 2 0
package hole06 3 0
package hole06 4 0
package hole06 5 0
package hole06 6 0
package hole06 7 0
package hole06 8 0
package hole06 9 0
package hole06 10 0
package hole06 11 0
package hole06 12 0
package hole07 1 0
package hole07 2 0
package hole07 3 0
package hole07 4 0
package hole07 5 0
package hole07 6 0
package hole07 7 0
package hole07 8 0
package hole07 9 0
package hole07 10 0
package hole07 11 0
package hole07 12 0
package hole08 1 0
package hole08 2 0
package hole08 3 0
package hole08 4 0
package hole08 5 0
package hole08 6 0
package hole08 7 0
package hole08 8 0
package hole08 9 0
package hole08 10 0
package hole08 11 0
package hole08 12 0
package hole09 1 0
package hole09 2 0
package hole09 3 0
package hole09 4 0
package hole09 5 0
package hole09 6 0
package hole09 7 0
package hole09 8 0
package hole09 9 0
package hole09 10 0
package hole09 11 0
package hole09 12 0
package hole10 1 0
package hole10 2 0
package hole10 3 0
package hole10 4 0
package hole10 5 0
package hole10 6 0
package hole10 7 0
package hole10 8 0
package hole10 9 0
package hole10 10 0
package hole10 11 0
package hole10 12 0
package root 1 0
	depends pigeon00
	depends pigeon01
	depends pigeon02
	depends pigeon03
	depends pigeon04
	depends pigeon05
	depends pigeon06
	depends pigeon07
	depends pigeon08
	depends pigeon09
	depends pigeon10
	depends pigeon11
request root
explain
no answer found before the search limit was reached
└─ most conflicts are about pigeon10, pigeon11, pigeon09, pigeon08, pigeon07 and pigeon06
Ask for one version of some of these packages, or for fewer packages at once.
