# SPDX-License-Identifier: GPL-3.0-or-later
# Reads rules.txt, then sources; prints "RULE file:line: what is wrong". Variables: root (a path ending in /).
# Knows C only as far as this style goes: a function's braces stand in the first column.

BEGIN { FILE_MAX = 500; FUNCTION_MAX = 80; PARAMETERS_MAX = 7; NESTING_MAX = 4 }

FILENAME ~ /rules\.txt$/ {
	if ($1 == "ban") {
		places[$2] = "," $3 ","
		why = $0
		sub(/^ban[ ]+[^ ]+[ ]+[^ ]+[ ]+/, "", why)
		reason[$2] = why
	}
	next
}

function complain(rule, line, what) { print rule " " name ":" line ": " what }

# The line without comments and what stands in quotes. in_comment lasts over lines.
function code_of(s,    out, c, two, quote) {
	out = ""
	quote = ""
	while (s != "") {
		c = substr(s, 1, 1)
		two = substr(s, 1, 2)
		if (in_comment) {
			if (two == "*/") {
				in_comment = 0
				s = substr(s, 2)
			}
		} else if (quote != "") {
			if (c == "\\")
				s = substr(s, 2)
			else if (c == quote)
				quote = ""
		} else if (two == "/*") {
			in_comment = 1
			s = substr(s, 2)
		} else if (two == "//") {
			break
		} else if (c == "\"" || c == "'") {
			quote = c
			out = out c c
		} else {
			out = out c
		}
		s = substr(s, 2)
	}
	return out
}

function is_allowed(word,    p) {
	p = places[word]
	return index(p, "," room ",") || index(p, "," short ",")
}

function check_bans(code,    word, before) {
	before = ""
	while (match(code, /[A-Za-z_][A-Za-z0-9_]*/)) {
		word = substr(code, RSTART, RLENGTH)
		before = before substr(code, 1, RSTART - 1)
		code = substr(code, RSTART + RLENGTH)
		# a member or a field of that name is another thing, and so is a word that is not called
		if ((word in places) && !is_allowed(word) && before !~ /(\.|->)[ \t]*$/ && (word ~ /^std/ || code ~ /^[ \t]*\(/))
			complain("banned", FNR, word " " reason[word])
		before = word
	}
}

# Commas between the outermost brackets of a definition's parameters, plus one.
function count_parameters(sig,    i, c, depth, n, text) {
	gsub(/__attribute__[ ]*\(\(.*\)\)/, "", sig)
	gsub(/(PRINTF_LIKE|DEFINE_[A-Z]+)\([^)]*\)/, "", sig)
	for (i = index(sig, "("); i > 0 && i <= length(sig); i++) {
		c = substr(sig, i, 1)
		if (c == "(")
			depth++
		else if (c == ")" && --depth == 0)
			break
		else if (c == "," && depth == 1)
			n++
	}
	return n + 1
}

function function_name(sig) {
	gsub(/(PRINTF_LIKE|AUTO|__attribute__)[ ]*\([^)]*\)+/, "", sig)
	if (match(sig, /[A-Za-z_][A-Za-z0-9_]*[ ]*\(/))
		return substr(sig, RSTART, RLENGTH - 1)
	return "function"
}

# What a header's guard may be: the file's name, with room and program before it or not.
function check_guard(    guard, want, room_part) {
	want = toupper(stem) "_H"
	room_part = toupper(room) "_"
	guard = guard_seen
	if (name ~ /^include\//) {
		if (guard != "BERTH_" want)
			complain("guard", 1, "the guard is " (guard ? guard : "missing") ", not BERTH_" want)
		return
	}
	sub(/^BERTH_/, "", guard)
	sub(/^SRC_/, "", guard)
	if (guard != want && guard != room_part want && room_part guard != want)
		complain("guard", 1, "the guard is " (guard_seen ? guard_seen : "missing") ", which does not name the file")
	if (guard_seen && (guard_seen in guard_of))
		complain("guard", 1, "the guard " guard_seen " is that of " guard_of[guard_seen] " too")
	guard_of[guard_seen] = name
}

function end_file() {
	if (!name)
		return
	if (lines > FILE_MAX)
		complain("file", lines, "the file has " lines " lines, " FILE_MAX " is the most")
	if (is_header && in_src)
		check_guard()
	name = ""
}

FNR == 1 {
	end_file()
	name = FILENAME
	sub("^" root, "", name)
	in_src = name ~ /^(src|include)\//
	is_header = name ~ /\.h$/
	short = name
	sub(/^src\//, "", short)
	n_parts = split(short, parts, "/")
	stem = parts[n_parts]
	sub(/\.[ch]$/, "", stem)
	room = n_parts == 1 ? stem : parts[1]
	in_comment = 0
	in_function = 0
	deepest = 0
	sig = ""
	guard_seen = ""
	if ($0 !~ /SPDX-License-Identifier: GPL-3\.0-or-later/)
		complain("spdx", 1, "the first line does not say SPDX-License-Identifier: GPL-3.0-or-later")
}

{
	lines = FNR
	code = code_of($0)
	if (guard_seen == "" && code ~ /^#[ \t]*ifndef/)
		guard_seen = $2
	if (in_src && code !~ /^[ \t]*#/)
		check_bans(code)
}

in_function {
	opened = gsub(/\{/, "{", code)
	closed = gsub(/\}/, "}", code)
	depth += opened - closed
	if (depth > deepest) {
		deepest = depth
		deepest_line = FNR
	}
	if (code ~ /^\}/) {
		in_function = 0
		if (FNR - start + 1 > FUNCTION_MAX)
			complain("function", start, fn " has " (FNR - start + 1) " lines, " FUNCTION_MAX " is the most")
		if (in_src && deepest - 1 > NESTING_MAX)
			complain("nesting", deepest_line, fn " nests " (deepest - 1) " deep, " NESTING_MAX " is the most")
	}
	next
}

code ~ /^\{[ \t]*$/ {
	in_function = 1
	start = FNR
	depth = 1
	deepest = 1
	fn = function_name(sig)
	n = count_parameters(sig)
	if (in_src && n > PARAMETERS_MAX)
		complain("parameters", FNR, fn " has " n " parameters, " PARAMETERS_MAX " is the most")
	sig = ""
	next
}

# What stands before a body: lines since the last thing that ended.
{
	if (code ~ /^[ \t]*$/ || code ~ /[;}][ \t]*$/ || code ~ /^#/)
		sig = ""
	else
		sig = sig " " code
}

END { end_file() }
