# SPDX-License-Identifier: GPL-3.0-or-later
# Reads rules.txt, then sources; prints "file:line: what is wrong" for every include that the table forbids.
# Variables: root (a path ending in /, cut off file names).

FILENAME ~ /rules\.txt$/ {
	if ($1 == "room")
		level[$3] = $2
	else if ($1 == "header")
		for (i = 3; i <= NF; i++)
			room_of[$i] = $2
	else if ($1 == "home")
		for (i = 3; i <= NF; i++)
			homes[$2] = homes[$2] " " $i
	next
}

function complain(what) { print name ":" FNR ": " what }

function file_exists(path,    line, got) {
	got = (getline line < path) >= 0
	close(path)
	return got
}

# The room of this file: of src/ROOM/x.c, src/main.c or include/berth/x.h.
function find_room(    parts, n) {
	n = split(name, parts, "/")
	in_include = parts[1] == "include"
	stem = parts[n]
	sub(/\.[ch]$/, "", stem)
	if (in_include)
		return stem in room_of ? room_of[stem] : "?"
	return n == 2 ? stem : parts[2]
}

function check_home(header,    key, found, place, i, n, places) {
	for (key in homes)
		if (header == key || (key ~ /\/$/ && index(header, key) == 1)) {
			n = split(homes[key], places, " ")
			found = 0
			for (i = 1; i <= n; i++) {
				place = places[i]
				if (place == room || ("src/" place) == name)
					found = 1
			}
			if (!found && !(header == "jansson.h" && name == "include/berth/json.h"))
				complain("<" header "> is for" homes[key] " only")
		}
}

function check_contract(header,    h) {
	h = header
	sub(/^berth\//, "", h)
	sub(/\.h$/, "", h)
	if (!file_exists(root "include/" header))
		complain("there is no " header)
	else if (!(h in room_of))
		complain(header " is in no room: add it to tests/lint/rules.txt")
	else if (room_of[h] != room && level[room_of[h]] <= level[room])
		complain(room " may not include " header ": " room_of[h] " is " (level[room_of[h]] == level[room] ? "beside" : "above") " it")
	else if (h ~ /_impl$/ && room_of[h] != room)
		complain(header " is for the implementers in " room_of[h])
}

function check_private(header,    dir) {
	if (header == "config.h" && !in_include)
		return
	if (in_include) {
		complain("a contract can't include \"" header "\": what stands in src is private")
		return
	}
	dir = name
	sub(/\/[^\/]*$/, "/", dir)
	if (index(header, "..") || (index(header, "/") && index(header, room "/") != 1))
		complain("\"" header "\" is private to another room")
	else if (!file_exists(root dir header) && !file_exists(root "src/" header))
		complain("there is no \"" header "\"")
}

FNR == 1 {
	name = FILENAME
	sub("^" root, "", name)
	room = find_room()
	if (!(room in level))
		complain((in_include ? "this header" : "room " room) " is not in tests/lint/rules.txt")
}

/^[ \t]*#[ \t]*include[ \t]*[<"]/ {
	header = $0
	sub(/^[^<"]*[<"]/, "", header)
	quoted = $0 ~ /include[ \t]*"/
	sub(/[>"].*$/, "", header)
	check_home(header)
	if (header ~ /^berth\//)
		check_contract(header)
	else if (quoted)
		check_private(header)
}
