# SPDX-License-Identifier: GPL-3.0-or-later
# Renders a sequence of kernel records in every form in which operators store or paste them.
# shellcheck shell=bash
#
# A form is a function that sets $line to one record, without starting a process. Its inputs are
# $text, $level and $mono, the kernel's clock in microseconds; $json, the text in a JSON string; and
# the wall clock: $sec $frac, $bsd $iso $blank $ctime $zone $zone4 in the time zone, $utc_iso
# $utc_blank in UTC. FORM_end, if defined, changes $rendered, the whole text.

host=hv1
levels=(emerg alert crit err warn notice info debug)

# FORM PRECISION TERM: the precision of the time that can be read (torn: no time, and the report is
# in pieces), and the term for the form in the FORMATS section of the man page.

# Written by a program.
# shellcheck disable=SC2034
written=(
  'rfc3164 year RFC 3164' 'rfc3164_stamp year RFC 3164' 'vmunix year vmunix' 'rfc5424 us RFC 5424'
  'rfc3339 us RFC 3339 dates' 'rfc3339_stamp us RFC 3339 dates' 'iso_short s short-iso'
  'iso_short_us us short-iso-precise' 'iso_blank s a blank' 'iso_blank_us us a blank'
  'iso_blank_ms ms a comma' 'iso_blank_zone us a zone' 'iso_blank_zone_name s a zone' 'iso_slashes s slashes'
  'pri_dot s <FACILITY.LEVEL>' 'pri year <PRI>' 'level_tag year kernel:err:' 'facility_level year kern.err'
  'logread s logread' 'months_french year months of other languages' 'months_other none months of other languages'
  'rfc3164 year short' 'short_full s short-full' 'short_precise us short-precise' 'short_unix us short-unix'
  'short_monotonic none short-monotonic' 'short_delta none short-delta' 'short_full s with-unit' 'console none cat'
  'journal_json us json' 'journal_json_sse us json-sse' 'journal_json_seq us json-seq'
  'journal_fields us --output-fields' 'journal_export us export' 'journal_pretty us json-pretty'
  'journal_verbose us verbose'
  'dmesg none dmesg' 'dmesg_raw none -r' 'dmesg_decoded none -x' 'dmesg_ctime s -T' 'dmesg_iso us --time-format'
  'dmesg_human minute -H' 'dmesg_human minute -e' 'dmesg_delta none -d' 'dmesg_caller none dmesg' 'dmesg_json none -J'
  'kmsg none /dev/kmsg' 'console none a serial console' 'netconsole none netconsole'
  'netconsole_extended none extended' 'netconsole_rsyslog year by a log daemon' 'talos us Talos'
  'talos_node us talosctl dmesg' 'docker us Docker' 'docker_timestamps us --timestamps' 'cri us CRI'
  'fluentbit us fluent-bit' 'vector us vector' 'rsyslog_json us rsyslog' 'loki us Loki' 'filebeat year filebeat'
)

stamp() { printf -v "$1" '[%5d.%06d%s]' $((mono / 1000000)) $((mono % 1000000)) "${2-}"; }

rfc3164() { line="$bsd $host kernel: $text"; }
rfc3164_stamp() { line="$bsd $host kernel: $stamp $text"; }
vmunix() { line="$bsd $host vmunix: $text"; }
rfc5424() { line="<$level>1 $iso.$frac$zone $host kernel - - - $text"; }
rfc3339() { line="$iso.$frac$zone $host kernel: $text"; }
rfc3339_stamp() { line="$iso.$frac$zone $host kernel: $stamp $text"; }
iso_short() { line="$iso$zone4 $host kernel: $text"; }
iso_short_us() { line="$iso.$frac$zone $host kernel: $text"; }
iso_blank() { line="$blank $host kernel: $text"; }
iso_blank_us() { line="$blank.$frac $host kernel: $text"; }
iso_blank_ms() { line="$blank,${frac:0:3} $host kernel: $text"; }
iso_blank_zone() { line="$blank.$frac $zone4 $host kernel: $text"; }
iso_blank_zone_name() { line="$utc_blank UTC $host kernel: $text"; }
iso_slashes() { line="${blank//-/\/} $host kernel: $text"; }
pri_dot() { line="<0.$level> $blank $host kernel - - - $stamp $text"; }
pri() { line="<$level>$bsd $host kernel: $stamp $text"; }
level_tag() { line="$bsd $host kernel:${levels[level]}: $stamp $text"; }
facility_level() { line="$bsd $host kern.${levels[level]} kernel: $text"; }
logread() { line="$ctime kern.${levels[level]} kernel: $stamp $text"; }
months_french() {
  local month months=(janv. févr. mars avril mai juin juil. août sept. oct. nov. déc.)
  printf -v month '%(%-m)T' "$sec"
  line="${months[month - 1]} ${bsd:4} $host kernel: $text"
}
months_other() { line="ožujka ${bsd:4} $host kernel: $text"; }
short_full() { line="$utc_day $utc_blank UTC $host kernel: $text"; }
short_precise() { line="$bsd.$frac $host kernel: $text"; }
short_unix() { line="$sec.$frac $host kernel: $text"; }
short_monotonic() { line="$stamp $host kernel: $text"; }
short_delta() {
  stamp line " <    0.000050 >"
  line="$line $host kernel: $text"
}
journal_json() {
  line="{\"__REALTIME_TIMESTAMP\":\"$sec$frac\",\"__MONOTONIC_TIMESTAMP\":\"$mono\",\"_BOOT_ID\":\"0a000000000000000000000000000000\",\"_TRANSPORT\":\"kernel\",\"SYSLOG_FACILITY\":\"0\",\"SYSLOG_IDENTIFIER\":\"kernel\",\"PRIORITY\":\"$level\",\"_HOSTNAME\":\"$host\",\"MESSAGE\":\"$json\"}"
}
journal_json_sse() { journal_json && line="data: $line"$'\n'; }
journal_json_seq() { journal_json && line=$'\036'$line; }
journal_fields() { line="{\"__CURSOR\":\"s=1\",\"__REALTIME_TIMESTAMP\":\"$sec$frac\",\"_TRANSPORT\":\"kernel\",\"MESSAGE\":\"$json\"}"; }
journal_export() {
  printf -v line '%s\n' "__CURSOR=s=1;i=$count" "__REALTIME_TIMESTAMP=$sec$frac" "__MONOTONIC_TIMESTAMP=$mono" \
    _BOOT_ID=0a000000000000000000000000000000 _TRANSPORT=kernel SYSLOG_FACILITY=0 SYSLOG_IDENTIFIER=kernel \
    "PRIORITY=$level" "MESSAGE=$text"
}
journal_pretty() {
  printf -v line '{\n\t"__REALTIME_TIMESTAMP" : "%s",\n\t"_TRANSPORT" : "kernel",\n\t"SYSLOG_FACILITY" : "0",\n\t"SYSLOG_IDENTIFIER" : "kernel",\n\t"MESSAGE" : "%s"\n}' \
    "$sec$frac" "$json"
}
journal_verbose() {
  printf -v line '%s %s.%s UTC [s=0a;i=1;b=2;m=3;t=4;x=5]\n    _TRANSPORT=kernel\n    SYSLOG_FACILITY=0\n    SYSLOG_IDENTIFIER=kernel\n    PRIORITY=%s\n    MESSAGE=%s' \
    "$utc_day" "$utc_blank" "$frac" "$level" "$text"
}
dmesg() { line="$stamp $text"; }
dmesg_raw() { line="<$level>$stamp $text"; }
dmesg_decoded() { printf -v line 'kern  :%-6s: %s %s' "${levels[level]}" "$stamp" "$text"; }
dmesg_ctime() { line="[$ctime] $text"; }
dmesg_iso() { line="$iso,$frac$zone $text"; }
dmesg_human() {
  [ "$count" = 1 ] && line="[${bsd:0:3}${bsd:4:8}] $text" || line="[  +0.000050] $text"
}
dmesg_delta() {
  stamp line ' <    0.000050>'
  line="$line $text"
}
dmesg_caller() { line="${stamp}[ T1234] $text"; }
dmesg_json() {
  [ "$count" = 1 ] && line='{' || line='      {'
  printf -v line '%s\n         "fac": "kern",\n         "pri": "%s",\n         "time": %d.%06d,\n         "msg": "%s"\n      },' \
    "$line" "${levels[level]}" $((mono / 1000000)) $((mono % 1000000)) "$json"
}
dmesg_json_end() { rendered=$'{\n   "dmesg": [\n'"${rendered%$',\n'}"$'\n   ]\n}\n'; }
kmsg() { line="$level,$count,$mono,-;${text//\\/\\x5c}"; }
netconsole() { line="$stamp $text"; }
netconsole_extended() { line="6.8.0-31-generic,$level,$count,$mono,-;${text//\\/\\x5c}"; }
netconsole_rsyslog() { line="$bsd 192.0.2.21 $stamp $text"; }
talos() { printf -v line 'kern: %7s: [%s.%s000Z]: %s' "${levels[level]}" "$utc_iso" "$frac" "$text"; }
talos_node() { talos && line="192.0.2.11: $line"; }
docker() { line="{\"log\":\"$stamp $json\\n\",\"stream\":\"stdout\",\"time\":\"$utc_iso.${frac}000Z\"}"; }
docker_timestamps() { line="$utc_iso.${frac}000Z $stamp $text"; }
cri() { line="$iso.${frac}000$zone stdout F $stamp $text"; }
fluentbit() { line="{\"date\":$sec.$frac,\"priority\":$level,\"sequence\":$count,\"sec\":$((mono / 1000000)),\"usec\":$((mono % 1000000)),\"msg\":\"$json\"}"; }
vector() { line="{\"PRIORITY\":\"$level\",\"SYSLOG_FACILITY\":\"0\",\"SYSLOG_IDENTIFIER\":\"kernel\",\"_TRANSPORT\":\"kernel\",\"host\":\"$host\",\"message\":\"$json\",\"source_type\":\"journald\",\"timestamp\":\"$utc_iso.${frac}Z\"}"; }
rsyslog_json() { line="{\"timestamp\":\"$iso.$frac$zone\",\"host\":\"$host\",\"severity\":\"${levels[level]}\",\"facility\":\"kern\",\"programname\":\"kernel\",\"message\":\" $stamp $json\"}"; }
loki() { line="{\"labels\":{\"host\":\"$host\",\"transport\":\"kernel\"},\"line\":\"$json\",\"timestamp\":\"$utc_iso.${frac}Z\"}"; }
filebeat() { line="{\"@timestamp\":\"$utc_iso.${frac}Z\",\"@metadata\":{\"beat\":\"filebeat\"},\"message\":\"$bsd $host kernel: $stamp $json\",\"log\":{\"file\":{\"path\":\"/var/log/kern.log\"}}}"; }
console() { line=$text; }

# Pasted by a person.
# shellcheck disable=SC2034
pasted=(
  "grep_name us grep's file names and numbers" "grep_number us grep's file names and numbers" 'quoted us quotes'
  'code us quotes' 'listed none list marks' 'numbered us list marks' 'bold us list marks' 'arrow none arrows'
  'prompt none prompts' 'vmware us a second date' 'csv us fields of a table' 'second_date us a second date' 'html us HTML' 'utf16 us UTF-16'
  'wrapped torn wrapped by a mail program' 'in_one_line none several records in one line'
  'report_in_one_line none several records in one line' 'nbsp s spaces that break no line'
)
grep_name() { rfc3339 && line="/var/log/kern.log:$line"; }
grep_number() { rfc3339 && line="17:$line"; }
quoted() { rfc3339 && line="> $line"; }
code() { rfc3339 && line="    $line"; }
listed() { dmesg && line="* $line"; }
arrow() { dmesg && line="--> $line"; }
bold() { rfc3339 && line="**$line**"; }
prompt() { dmesg && line="hv1 login: $line"; }
numbered() { rfc3339 && line="12. $line"; }
csv() { rfc3164_stamp && line="$iso.$frac$zone,$host,\"$line\""; }
second_date() { rfc3164_stamp && line="$iso.$frac$zone i-0123 $line"; }
vmware() { line="$utc_iso.${frac}Z In(05) vcpu-0 - Guest: $stamp $text"; }
html() {
  rfc3339
  line=${line//&/\&amp;} line=${line//</\&lt;}
  line="<p>${line//>/\&gt;}</p>"
}
utf16() { rfc3339; }
utf16_file() { iconv -t UTF-16LE "$1" >"$1.utf16" && mv "$1.utf16" "$1"; }
# A mail program breaks a line at the last blank before the right edge.
wrapped() {
  local rest word
  dmesg
  rest=$line line=
  while [ ${#rest} -gt 76 ] && [[ ${rest:0:76} == *' '* ]]; do
    word=${rest:0:76} word=${word% *}
    line+=$word$'\n' rest=${rest:${#word}+1}
  done
  line+=$rest
}
in_one_line() { dmesg; }
in_one_line_end() {
  local before=${rendered%%oom-kill:*} rest
  [ "$before" != "$rendered" ] || return 0
  rest=${rendered#"$before"}
  rendered="$before${rest/$'\n'/ }"
}

report_in_one_line() { dmesg; }
report_in_one_line_end() { rendered=${rendered//$'\n'/ }$'\n'; }
nbsp() { rfc3164_stamp && line=${line// /$'\xc2\xa0'}; }

# The reader does not know these forms.
# shellcheck disable=SC2034
unknown=(u_tai u_bars u_semicolons u_equals u_apache u_dots u_ampm u_kibana u_xml u_yaml u_angle u_hex
  u_tabs u_brackets u_braces u_percent u_tilde u_at u_month_last u_weekday_last u_uptime_words u_level_first
  u_double_colon u_slash_host u_parens u_quotes u_json_other u_epoch_colon u_stars u_hash
  u_cloudwatch u_azure u_elk u_splunk u_cef u_logfmt u_kubectl u_compose u_psql u_ansible u_fluentd
  u_pstore u_android u_octets u_upper u_lower u_latin1)
at() { printf -v line "%($1)T" "$sec"; }
u_tai() { line="@4000000069a7bfff0ee6b280|$host|kernel|$text"; }
u_bars() { line="$sec|$host|kernel|$level|$text"; }
u_semicolons() { line="${blank/ /;};$host;kernel;$text"; }
u_equals() { line="time=$sec host=$host source=kernel text=$text"; }
u_apache() { at '%d/%b/%Y:%T %z' && line="$host - - [$line] \"$text\""; }
u_dots() { at '%d.%m.%Y %T' && line="$line <$host> $text"; }
u_ampm() { at '%m/%d/%Y %I:%M:%S %p' && line="$line <$host> $text"; }
u_kibana() { at '%b %e, %Y @ %T' && line="$line.${frac:0:3} <$host> $text"; }
u_xml() { line="<event time='$sec' text='$text'/>"; }
u_yaml() { line="- {host: $host, text: $text}"; }
u_angle() { line="<<$host>> $text"; }
u_hex() { printf -v line '0x%x %s %s' "$sec" "$host" "$text"; }
u_tabs() { printf -v line '%s\t%s\t%s\t%s' "$sec" "$host" kernel "$text"; }
u_brackets() { line="[$host] [kernel] [$sec] $text"; }
u_braces() { line="{$host} $text"; }
u_percent() { line="%KERN-$level-OOM: $text"; }
u_tilde() { line="$host~kernel~$text"; }
u_at() { line="kernel@$host $text"; }
u_month_last() { at '%T %d %b' && line="$line $host/kernel $text"; }
u_weekday_last() { at '%T %a' && line="$line $host/kernel $text"; }
u_uptime_words() { line="up $((mono / 1000000)) seconds $host/kernel $text"; }
u_level_first() { line="${levels[level]^^} $host/kernel $text"; }
u_double_colon() { line="$host::kernel::$text"; }
u_slash_host() { line="$host/kernel/$sec/$text"; }
u_parens() { line="($host, kernel, $sec) $text"; }
u_quotes() { line="\"$host\" \"kernel\" \"$text\""; }
u_json_other() { line="{\"h\":\"$host\",\"t\":$sec,\"payload\":\"$json\"}"; }
u_epoch_colon() { line="$sec:$host:kernel:$text"; }
u_stars() { line="*** $host *** $text"; }
u_hash() { line="$host#kernel#$text"; }

# These are exports of known products. They do not state which program wrote a record.
u_cloudwatch() { line="$sec${frac:0:3},\"$bsd $host kernel: $text\""; }
u_azure() { at '%m/%d/%Y %I:%M:%S %p' && line="$line,$host,kern,err,kernel,\"$text\""; }
u_elk() { line="{\"_index\":\"a\",\"_source\":{\"@timestamp\":\"$utc_iso.${frac}Z\",\"message\":\"$json\",\"host\":{\"name\":\"$host\"}}}"; }
u_splunk() { line="{\"preview\":false,\"result\":{\"_raw\":\"$bsd $host kernel: $json\"}}"; }
u_cef() { line="$bsd $host CEF:0|Linux|kernel|6|oom|oom|5|msg=$text"; }
u_logfmt() { line="ts=${utc_iso}Z level=err host=$host facility=kern msg=\"$json\""; }
u_kubectl() { line="[pod/node-debugger-x/shell] $stamp $text"; }
u_compose() { line="app-1  | $stamp $text"; }
u_psql() { line=" 42 | $blank | $host | kernel | $text"; }
u_ansible() { line="ok: [$host] => {\"stdout\": \"$stamp $json\"}"; }
u_fluentd() { line="$iso$zone"$'\t'"kernel"$'\t'"{\"host\": \"$host\", \"message\": \"$json\"}"; }
u_pstore() { printf -v line '<%d>[%d.%06d,0] %s' "$level" $((mono / 1000000)) $((mono % 1000000)) "$text"; }
u_android() { at '%m-%d %T' && line="$line.${frac:0:3}     0     0 E         : $text"; }
u_octets() {
  rfc5424
  line="${#line} $line"
}

# Known forms that somebody rewrote.
u_upper() { rfc3164_stamp && line=${line^^}; }
u_lower() { u_bars && line=${line,,}; }
u_latin1() { rfc3164_stamp && line=${line// /$'\xa0'}; }

clocks() {
  local utc
  printf -v bsd '%(%b %e %H:%M:%S)T' "$sec"
  printf -v iso '%(%FT%T)T' "$sec"
  printf -v ctime '%(%a %b %e %H:%M:%S %Y)T' "$sec"
  printf -v zone4 '%(%z)T' "$sec"
  blank=${iso/T/ } zone=${zone4:0:3}:${zone4:3}
  local TZ=UTC0
  printf -v utc '%(%a %FT%T)T' "$sec"
  utc_day=${utc% *} utc_iso=${utc#* }
  utc_blank=${utc_iso/T/ }
}

# render FILE FORM USEC EOL HISTORY: HISTORY has lines of LEVEL TEXT, 50 microseconds apart, the
# first at USEC since the epoch.
render() {
  local file=$1 form=$2 usec=$3 eol=$4 count=0 mono=90000250000 rendered='' sec='' frac text level json line stamp
  while read -r level text; do
    count=$((count + 1))
    [ "$sec" = $((usec / 1000000)) ] || {
      sec=$((usec / 1000000))
      clocks
    }
    printf -v frac %06d $((usec % 1000000))
    stamp stamp
    json=${text//\\/\\\\} json=${json//\"/\\\"}
    "$form"
    rendered+=$line$'\n'
    usec=$((usec + 50)) mono=$((mono + 50))
  done <<<"$5"
  ! declare -F "${form}_end" >/dev/null || "${form}_end"
  [ "$eol" = $'\n' ] || rendered=${rendered//$'\n'/$eol}
  printf %s "$rendered" >"$file"
  ! declare -F "${form}_file" >/dev/null || "${form}_file" "$file"
}
