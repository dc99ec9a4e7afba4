# SPDX-License-Identifier: GPL-3.0-or-later
# Renders a history of kernel records in every form that operators have it in.
# shellcheck shell=bash
#
# A form is a function that prints one record.  It finds: $sec $usec the wall clock, $mono the
# kernel's clock in microseconds, $level, $text, and $json, the text in a JSON string.

host=hv1
levels=(emerg alert crit err warn notice info debug)

stamp() { printf '[%5d.%06d]' $((mono / 1000000)) $((mono % 1000000)); }
at() { printf "%($1)T" "$sec"; }
bsd() { at '%b %e %H:%M:%S'; }
zone() {
  local z
  z=$(at %z)
  echo "${z:0:3}:${z:3}"
}
micro() { printf %06d "$usec"; }

# Written by a program.  What follows the name: how exact the time is that can be read.
# shellcheck disable=SC2034
written=(
  rfc3164:year rfc3164_stamp:year rfc5424:us rfc3339:us rfc3339_stamp:us iso_short:s
  iso_blank:s iso_blank_us:us iso_blank_ms:ms iso_blank_zone:us iso_blank_zone_name:s iso_slashes:s
  pri_dot:s level_tag:year facility_level:year logread:s
  short_full:s short_precise:us short_unix:us short_monotonic:none with_unit:s
  journal_json:us journal_json_sse:us journal_json_seq:us journal_fields:us journal_export:us
  journal_pretty:us journal_verbose:us
  dmesg:none dmesg_raw:none dmesg_decoded:none dmesg_ctime:s dmesg_iso:us dmesg_caller:none dmesg_json:none
  kmsg:none netconsole_extended:none netconsole_rsyslog:year talos:us talos_node:us
  docker:us docker_timestamps:us cri:us
  fluentbit:us vector:us rsyslog_json:us loki:us filebeat:year console:none
)

rfc3164() { echo "$(bsd) $host kernel: $text"; }
rfc3164_stamp() { echo "$(bsd) $host kernel: $(stamp) $text"; }
rfc5424() { echo "<$level>1 $(at %FT%T).$(micro)$(zone) $host kernel - - - $text"; }
rfc3339() { echo "$(at %FT%T).$(micro)$(zone) $host kernel: $text"; }
rfc3339_stamp() { echo "$(at %FT%T).$(micro)$(zone) $host kernel: $(stamp) $text"; }
iso_short() { echo "$(at %FT%T%z) $host kernel: $text"; }
iso_blank() { echo "$(at '%F %T') $host kernel: $text"; }
iso_blank_us() { echo "$(at '%F %T').$(micro) $host kernel: $text"; }
iso_blank_ms() { echo "$(at '%F %T'),${usec:0:3} $host kernel: $text"; }
iso_blank_zone() { echo "$(at '%F %T').$(micro) $(at %z) $host kernel: $text"; }
iso_blank_zone_name() { echo "$(TZ=UTC at '%F %T') UTC $host kernel: $text"; }
iso_slashes() { echo "$(at '%Y/%m/%d %T') $host kernel: $text"; }
pri_dot() { echo "<0.$level> $(at '%F %T') $host kernel - - - $(stamp) $text"; }
level_tag() { echo "$(bsd) $host kernel:${levels[level]}: $(stamp) $text"; }
facility_level() { echo "$(bsd) $host kern.${levels[level]} kernel: $text"; }
logread() { echo "$(at '%a %b %e %H:%M:%S %Y') kern.${levels[level]} kernel: $(stamp) $text"; }
short_full() { echo "$(TZ=UTC at '%a %F %T') UTC $host kernel: $text"; }
short_precise() { echo "$(bsd).$(micro) $host kernel: $text"; }
short_unix() { echo "$sec.$(micro) $host kernel: $text"; }
short_monotonic() { echo "$(stamp) $host kernel: $text"; }
with_unit() { echo "$(TZ=UTC at '%a %F %T') UTC $host kernel[0]: $text"; }
entry() {
  echo "{\"__REALTIME_TIMESTAMP\":\"$sec$(micro)\",\"__MONOTONIC_TIMESTAMP\":\"$mono\",\"_BOOT_ID\":\"0a000000000000000000000000000000\",\"_TRANSPORT\":\"kernel\",\"SYSLOG_FACILITY\":\"0\",\"SYSLOG_IDENTIFIER\":\"kernel\",\"PRIORITY\":\"$level\",\"_HOSTNAME\":\"$host\",\"MESSAGE\":\"$json\"}"
}
journal_json() { entry; }
journal_json_sse() { printf 'data: %s\n\n' "$(entry)"; }
journal_json_seq() { printf '\036%s\n' "$(entry)"; }
journal_fields() { echo "{\"__CURSOR\":\"s=1\",\"__REALTIME_TIMESTAMP\":\"$sec$(micro)\",\"_TRANSPORT\":\"kernel\",\"MESSAGE\":\"$json\"}"; }
journal_export() {
  printf '%s\n' "__CURSOR=s=1;i=$((count += 1))" "__REALTIME_TIMESTAMP=$sec$(micro)" "__MONOTONIC_TIMESTAMP=$mono" \
    _BOOT_ID=0a000000000000000000000000000000 _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel \
    "PRIORITY=$level" "MESSAGE=$text" ''
}
journal_pretty() {
  printf '{\n\t"__REALTIME_TIMESTAMP" : "%s",\n\t"_TRANSPORT" : "kernel",\n\t"SYSLOG_FACILITY" : "0",\n\t"SYSLOG_IDENTIFIER" : "kernel",\n\t"MESSAGE" : "%s"\n}\n' \
    "$sec$(micro)" "$json"
}
journal_verbose() {
  printf '%s.%s UTC [s=0a;i=1;b=2;m=3;t=4;x=5]\n    _TRANSPORT=kernel\n    SYSLOG_FACILITY=0\n    SYSLOG_IDENTIFIER=kernel\n    PRIORITY=%s\n    MESSAGE=%s\n' \
    "$(TZ=UTC at '%a %F %T')" "$(micro)" "$level" "$text"
}
dmesg() { echo "$(stamp) $text"; }
dmesg_raw() { echo "<$level>$(stamp) $text"; }
dmesg_decoded() { printf 'kern  :%-6s: %s %s\n' "${levels[level]}" "$(stamp)" "$text"; }
dmesg_ctime() { echo "[$(at '%a %b %e %H:%M:%S %Y')] $text"; }
dmesg_iso() { echo "$(at %FT%T),$(micro)$(zone) $text"; }
dmesg_caller() { printf '[%5d.%06d][ T1234] %s\n' $((mono / 1000000)) $((mono % 1000000)) "$text"; }
dmesg_json() {
  printf '      {\n         "fac": "kern",\n         "pri": "%s",\n         "time": %d.%06d,\n         "msg": "%s"\n      },\n' \
    "${levels[level]}" $((mono / 1000000)) $((mono % 1000000)) "$json" | sed 's/^      {$/{/'
}
kmsg() { echo "$level,$((count += 1)),$mono,-;${text//\\/\\x5c}"; }
netconsole_extended() { echo "6.8.0-31-generic,$level,$((count += 1)),$mono,-;${text//\\/\\x5c}"; }
netconsole_rsyslog() { echo "$(bsd) 192.0.2.21 $(stamp) $text"; }
talos() { printf 'kern: %7s: [%s.%s000Z]: %s\n' "${levels[level]}" "$(TZ=UTC at %FT%T)" "$(micro)" "$text"; }
talos_node() { printf '192.0.2.11: %s\n' "$(talos)"; }
docker() { echo "{\"log\":\"$(stamp) $json\\n\",\"stream\":\"stdout\",\"time\":\"$(TZ=UTC at %FT%T).$(micro)000Z\"}"; }
docker_timestamps() { echo "$(TZ=UTC at %FT%T).$(micro)000Z $(stamp) $text"; }
cri() { echo "$(at %FT%T).$(micro)000$(zone) stdout F $(stamp) $text"; }
fluentbit() { echo "{\"date\":$sec.$(micro),\"priority\":$level,\"sequence\":$((count += 1)),\"sec\":$((mono / 1000000)),\"usec\":$((mono % 1000000)),\"msg\":\"$json\"}"; }
vector() { echo "{\"PRIORITY\":\"$level\",\"SYSLOG_FACILITY\":\"0\",\"SYSLOG_IDENTIFIER\":\"kernel\",\"_TRANSPORT\":\"kernel\",\"host\":\"$host\",\"message\":\"$json\",\"source_type\":\"journald\",\"timestamp\":\"$(TZ=UTC at %FT%T).$(micro)Z\"}"; }
rsyslog_json() { echo "{\"timestamp\":\"$(at %FT%T).$(micro)$(zone)\",\"host\":\"$host\",\"severity\":\"${levels[level]}\",\"facility\":\"kern\",\"programname\":\"kernel\",\"message\":\" $(stamp) $json\"}"; }
loki() { echo "{\"labels\":{\"host\":\"$host\",\"transport\":\"kernel\"},\"line\":\"$json\",\"timestamp\":\"$(TZ=UTC at %FT%T).$(micro)Z\"}"; }
filebeat() { echo "{\"@timestamp\":\"$(TZ=UTC at %FT%T).$(micro)Z\",\"@metadata\":{\"beat\":\"filebeat\"},\"message\":\"$(bsd) $host kernel: $(stamp) $json\",\"log\":{\"file\":{\"path\":\"/var/log/kern.log\"}}}"; }
console() { echo "$text"; }

# Pasted by a person.
# shellcheck disable=SC2034
pasted=(grep_name:us grep_number:us quoted:us code:us listed:none arrow:none bold:us prompt:none numbered:us
  csv:us second_date:us html:us utf16:us crlf:us)
grep_name() { echo "/var/log/kern.log:$(rfc3339)"; }
grep_number() { echo "17:$(rfc3339)"; }
quoted() { echo "> $(rfc3339)"; }
code() { echo "    $(rfc3339)"; }
listed() { echo "* $(dmesg)"; }
arrow() { echo "--> $(dmesg)"; }
bold() { echo "**$(rfc3339)**"; }
prompt() { echo "hv1 login: $(dmesg)"; }
numbered() { echo "12. $(rfc3339)"; }
csv() { echo "$(at %FT%T).$(micro)$(zone),$host,\"$(rfc3164_stamp)\""; }
second_date() { echo "$(at %FT%T).$(micro)$(zone) i-0123 $(rfc3164_stamp)"; }
html() { echo "<p>$(rfc3339 | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g')</p>"; }
utf16() { rfc3339 | iconv -t UTF-16LE; }
crlf() { printf '%s\r\n' "$(rfc3339)"; }

# Nobody has taught the reader these.
# shellcheck disable=SC2034
unknown=(u_tai u_bars u_semicolons u_equals u_apache u_dots u_ampm u_kibana u_xml u_yaml u_angle u_hex
  u_tabs u_brackets u_braces u_percent u_tilde u_at u_month_last u_weekday_last u_uptime_words u_level_first
  u_double_colon u_slash_host u_parens u_quotes u_json_other u_epoch_colon u_stars u_hash)
u_tai() { echo "@4000000069a7bfff0ee6b280|$host|kernel|$text"; }
u_bars() { echo "$sec|$host|kernel|$level|$text"; }
u_semicolons() { echo "$(at %F);$(at %T);$host;kernel;$text"; }
u_equals() { echo "time=$sec host=$host source=kernel text=$text"; }
u_apache() { echo "$host - - [$(at '%d/%b/%Y:%T %z')] \"$text\""; }
u_dots() { echo "$(at '%d.%m.%Y %T') <$host> $text"; }
u_ampm() { echo "$(at '%m/%d/%Y %I:%M:%S %p') <$host> $text"; }
u_kibana() { echo "$(at '%b %e, %Y @ %T').${usec:0:3} <$host> $text"; }
u_xml() { echo "<event time='$sec' text='$text'/>"; }
u_yaml() { echo "- {host: $host, text: $text}"; }
u_angle() { echo "<<$host>> $text"; }
u_hex() { printf '0x%x %s %s\n' "$sec" "$host" "$text"; }
u_tabs() { printf '%s\t%s\t%s\t%s\n' "$sec" "$host" kernel "$text"; }
u_brackets() { echo "[$host] [kernel] [$sec] $text"; }
u_braces() { echo "{$host} $text"; }
u_percent() { echo "%KERN-$level-OOM: $text"; }
u_tilde() { echo "$host~kernel~$text"; }
u_at() { echo "kernel@$host $text"; }
u_month_last() { echo "$(at '%T %d %b') $host/kernel $text"; }
u_weekday_last() { echo "$(at '%T %a') $host/kernel $text"; }
u_uptime_words() { echo "up $((mono / 1000000)) seconds $host/kernel $text"; }
u_level_first() { echo "${levels[level]^^} $host/kernel $text"; }
u_double_colon() { echo "$host::kernel::$text"; }
u_slash_host() { echo "$host/kernel/$sec/$text"; }
u_parens() { echo "($host, kernel, $sec) $text"; }
u_quotes() { echo "\"$host\" \"kernel\" \"$text\""; }
u_json_other() { echo "{\"h\":\"$host\",\"t\":$sec,\"payload\":\"$json\"}"; }
u_epoch_colon() { echo "$sec:$host:kernel:$text"; }
u_stars() { echo "*** $host *** $text"; }
u_hash() { echo "$host#kernel#$text"; }

# render FORM EPOCH <HISTORY: a history is lines of LEVEL TEXT, half a second apart.
render() {
  local form=$1 count=0 text level json
  sec=$2 usec=250000 mono=90000250000
  [ "$form" != dmesg_json ] || printf '{\n   "dmesg": [\n'
  while read -r level text; do
    json=${text//\\/\\\\}
    json=${json//\"/\\\"}
    "$form"
    usec=$((10#$usec + 50)) mono=$((mono + 50))
  done
  [ "$form" != dmesg_json ] || printf '   ]\n}\n'
}
