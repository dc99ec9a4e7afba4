# SPDX-License-Identifier: GPL-3.0-or-later
# Compares the kills found in the logs with those known to be in them.
#
#   awk -f corpus.awk truth.tsv found.tsv ok.tsv
#
# truth.tsv: split file source kernel format number_of_kills victims constraint vm note; found.tsv:
# file, then the fields of oom_dump; ok.tsv: file and pid of each kill in a result that is OK and
# complete, and one row with an empty pid for each such file. Prints one line for each difference,
# "WHAT FILE ...", then the figures, each line after "# ".
BEGIN { FS = "\t" }

# parses pid:comm[:anon_rss_kb] into victim["pid"], ["comm"], ["anon"]; a name may contain colons
function parse_victim(string, victim,    colon) {
  victim["anon"] = ""
  colon = index(string, ":")
  victim["pid"] = substr(string, 1, colon - 1)
  victim["comm"] = substr(string, colon + 1)
  if (match(victim["comm"], /:[0-9]+$/)) {
    victim["anon"] = substr(victim["comm"], RSTART + 1)
    victim["comm"] = substr(victim["comm"], 1, RSTART - 1)
  }
}

function difference(what, file, rest) {
  print what, file, rest
  differences[what]++
}

FNR == 1 { input++ }

input == 1 {
  if ($2 !~ /\.log$/) next
  file = $2
  known[file] = 1
  truth_kills[file] = $6 + 0
  victims[file] = $7
  constraint[file] = $8
  match($10, /^class=[^;]*/)
  class[file] = substr($10, 7, RLENGTH - 6)
  # A mail client broke the lines. No kill may be invented, but not every line can be rejoined.
  wrapped[file] = $10 ~ /wrapped/ || $5 ~ /wrapped/
  real[file] = file !~ /^(rr|syn)-/
  files[++file_count] = file
  next
}

input == 3 {
  answered_ok[$1] = 1
  told_ok[$1, $2] = 1
  next
}

{
  if ($6 != "kernel") {
    others[$1, $6]++
    next
  }
  key = $1 SUBSEP $2 SUBSEP $3
  if (key in seen)
    difference("doubled", $1, $2 " " $3)
  seen[key] = 1
  anon[key] = $4
  why[key] = $5
  how[key] = $9
  found[$1]++
}

END {
  for (i = 1; i <= file_count; i++) {
    file = files[i]
    name = class[file]
    if (!(name in class_files)) classes[++class_count] = name
    class_files[name]++
    if (!wrapped[file] && real[file]) whole_files++
    delete expected
    count = victims[file] == "-" ? 0 : split(victims[file], list, ";")
    for (j = 1; j <= count; j++) {
      parse_victim(list[j], victim)
      key = file SUBSEP victim["pid"] SUBSEP victim["comm"]
      expected[key] = 1
      class_truth[name]++
      if (answered_ok[file] && !((file, victim["pid"]) in told_ok))
        difference("all-clear", file, victim["pid"] " " victim["comm"])
      if (real[file]) real_truth++
      if (real[file] && !wrapped[file]) whole_truth++
      if (!(key in seen)) {
        difference(wrapped[file] ? "missed-wrapped" : "missed", file, victim["pid"] " " victim["comm"])
        continue
      }
      class_found[name]++
      if (real[file]) real_found++
      if (real[file] && !wrapped[file]) whole_found++
      if (victim["anon"] != "" && anon[key] != victim["anon"] && !(wrapped[file] && anon[key] == "-"))
        difference("anon-rss", file, victim["pid"] ": " anon[key] ", not " victim["anon"])
      if (constraint[file] != why[key])
        difference(why[key] == "unknown" ? "constraint-unsaid" : "constraint", file, victim["pid"] ": " why[key] ", not " constraint[file])
    }
    for (key in seen) {
      split(key, part, SUBSEP)
      if (part[1] == file && !(key in expected)) {
        difference("invented", file, part[2] " " part[3])
        class_invented[name]++
        if (real[file]) real_invented++
      }
    }
  }
  printf "# %-22s %7s %7s %7s %9s\n", "class", "files", "kills", "found", "invented"
  for (i = 1; i <= class_count; i++)
    printf "# %-22s %7d %7d %7d %9d\n", classes[i], class_files[classes[i]], class_truth[classes[i]], class_found[classes[i]], class_invented[classes[i]]
  printf "# real, not wrapped: %d of %d; all real: %d of %d; invented: %d; doubled: %d; false all-clears: %d\n",
    whole_found, whole_truth, real_found, real_truth, real_invented, differences["doubled"], differences["all-clear"]
  for (pair in others) {
    split(pair, part, SUBSEP)
    print "by-" part[2], part[1], others[pair]
  }
}
