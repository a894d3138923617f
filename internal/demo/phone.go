package demo

import (
	"math"
	"strings"
)

// country is where a phone comes from: mobile numbers that start with one of the prefixes and go on with as many digits
// as rest says. All of them have the form of real numbers.
type country struct {
	code     string // ISO 3166
	calling  string
	prefixes []string
	rest     int
}

func ranges(code, calling, prefixes string, rest int) *country {
	return &country{code: code, calling: calling, prefixes: strings.Fields(prefixes), rest: rest}
}

// numbers is how many different numbers the country has.
func (c *country) numbers() uint64 {
	return uint64(len(c.prefixes)) * uint64(math.Pow10(c.rest))
}

// phone writes the country's n-th number in E.164; n counts modulo [country.numbers].
func (c *country) phone(n uint64) string {
	n = scatter(n, c.numbers())
	size := uint64(math.Pow10(c.rest))
	prefix := c.prefixes[n/size]
	n %= size
	b := make([]byte, 1+len(c.calling)+len(prefix)+c.rest)
	b[0] = '+'
	copy(b[1:], c.calling)
	copy(b[1+len(c.calling):], prefix)
	for i := range c.rest {
		b[len(b)-1-i] = byte('0' + n%10)
		n /= 10
	}
	return string(b)
}

// countries by their code.
var countries = byCode(
	ranges("US", "1", `2122 2123 2132 2133 3122 3123 3052 3053 4152 4153 6172 6173 7132 7133 2022 2023 2062 2063 3032 3033
		4042 4043 5032 5033 5122 5123 6022 6023 6192 6193 7022 7023 9172 9173 8182 8183 9542 9543 6142 6143`, 6),
	ranges("CA", "1", "4162 4163 6042 6043 5142 5143 4032 4033 6132 6133 7802 7803 9022 9023 2042 2043 5062", 6),
	ranges("GB", "44", "740 742 743 747 753 754 771 772 773 774 775 776 785 786 787 788 795 796", 7),
	ranges("IE", "353", "83 85 86 87 89", 7),
	ranges("AU", "61", "40 41 42 43", 7),
	ranges("NG", "234", "803 805 806 807 810 813 814 816 903 906", 7),
	ranges("KE", "254", "70 71 72 79", 7),
	ranges("DE", "49", "1511 1512 1515 1516 1517 1520 1522 1525 1573 1575 1577 1578 1590 160 162 163 170 171 172 173 174 175 176 177 178 179", 7),
	ranges("AT", "43", "650 660 664 676 680 699", 7),
	ranges("CH", "41", "76 77 78 79", 7),
	ranges("FR", "33", "60 61 62 64 65 66 67 68 74 75 76 77 78", 7),
	ranges("BE", "32", "470 471 472 473 474 475 476 477 478 479 484 485 486 487 488 489 491 492 493 494 495 496 497 498 499", 6),
	ranges("ES", "34", "60 61 62 63 64 65 66 67 68 69 71 72", 7),
	ranges("MX", "52", "552 553 554 555 332 333 334 812 813 814 222 442 656 664 998", 7),
	ranges("AR", "54", each("9112 9113 9114 9115 9116", "0123456789")+" "+each("9351 9341 9261", "345678"), 6),
	ranges("CO", "57", "300 301 302 304 305 310 311 312 313 314 315 316 317 318 320 321", 7),
	ranges("CL", "56", "94 95 98", 7),
	ranges("BR", "55", "1198 1199 1197 2198 2199 3198 3199 4198 4199 5199 6198 7198 8198 8599 9198", 7),
	ranges("PT", "351", "91 92 93 96", 7),
	ranges("IT", "39", "320 328 329 333 334 335 338 339 340 345 346 347 348 349 366 380 388 389 391 392 393", 7),
	ranges("PL", "48", "50 51 53 60 66 69 72 78 79 88", 7),
	ranges("TR", "90", "530 531 532 533 534 535 536 537 538 541 542 543 544 545 546 551 552 553 554 555 505 506 507", 7),
	ranges("NL", "31", "61 62 63 64 65 68", 7),
	ranges("SE", "46", "70 72 73 76 79", 7),
	ranges("DK", "45", each("20 21 22 23 24 25 26 27 28 29 30 31 40 41 42 50 51 52 53 60 61 71 81 91 92 93", "123456789"), 5),
	ranges("NO", "47", "40 41 45 46 47 48 90 91 92 93 94 95 96 97 98 99", 6),
	ranges("FI", "358", "40 44 45 46 50", 7),
	ranges("CZ", "420", "601 602 603 604 605 606 607 608 702 703 704 705 720 721 722 723 724 725 730 731 732 733 773 774 775 776 777", 6),
	ranges("VN", "84", "32 33 34 35 36 37 38 39 70 76 77 78 79 81 82 83 84 85 86 88 90 91 93 94 96 97 98", 7),
	ranges("RU", "7", "903 905 906 909 910 911 912 913 914 915 916 917 919 921 925 926 960 961 962 963 964 965", 7),
	ranges("UA", "380", "50 63 66 67 68 73 93 95 96 97 98 99", 7),
	ranges("GR", "30", "693 694 697 698 690 699", 7),
	ranges("EG", "20", "100 101 106 109 111 112 114 120 122 127 128", 7),
	ranges("SA", "966", "50 53 54 55 56 58 59", 7),
	ranges("AE", "971", "50 52 54 55 56 58", 7),
	ranges("MA", "212", "61 62 63 65 66 67", 7),
	ranges("IL", "972", each("50 52 53 54 58", "34567"), 6),
	ranges("IN", "91", "981 982 983 984 985 986 987 988 989 990 991 992 993 994 995 996 997 998 999 700 701 800 801 880 900", 7),
	ranges("CN", "86", "135 136 137 138 139 150 151 152 157 158 159 182 183 187 188 130 131 132 155 156 186 189 180", 8),
	ranges("TW", "886", "91 92 93 95 96 97 98", 7),
	ranges("JP", "81", "801 802 803 804 805 806 807 808 809 901 902 903 904 905 906 907 908 909 701 702 703 704", 7),
	ranges("KR", "82", "102 103 104 106 107 108 109", 7),
)

// each lists every prefix with every one of the digits behind it.
func each(prefixes, digits string) string {
	var all []string
	for p := range strings.FieldsSeq(prefixes) {
		for _, d := range digits {
			all = append(all, p+string(d))
		}
	}
	return strings.Join(all, " ")
}

func byCode(list ...*country) map[string]*country {
	m := make(map[string]*country, len(list))
	for _, c := range list {
		m[c.code] = c
	}
	return m
}
