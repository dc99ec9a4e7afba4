# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=dash disable=SC2034,SC2153
# The scenarios in the guest, one function for each behaviour. Each leaves the output of a check in
# $OUT/NAME.stdout, NAME.stderr and NAME.status. The expected results are in tests/real/guest.bats.

# The order matters: the log has no kill up to `steady`, `report` lists the kills of those before
# it, and `overflow` removes them all from the log.
SCENARIOS="fresh huge_pages cached forged flooded starved steady global memcg parent_limit not_a_vm oom_group
	thread_invoker leader_exited long_path no_killable manual cpuset mempolicy throttled report
	exhausted hostile no_devkmsg unprivileged torn rate_limit next_victim
	remembered overflow"

VM=instance-0000002a
MACHINES=$CGROUP/machine.slice
SCOPE="$MACHINES/machine-qemu\\x2d1\\x2dinstance\\x2d0000002a.scope"

# ---- the checks

# Uptime in centiseconds. An uptime below 1 s would be read as octal.
uptime_cs() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}

# The window of oom_kills begins here. The pause separates it from the kills of the previous
# scenario, as the log's clock and the wall clock differ slightly.
start_window() {
	sleep 0.2
	window_start=$(uptime_cs)
}

# keep NAME COMMAND...: runs COMMAND and saves its output and exit code.
keep() {
	name=$1
	shift
	"$@" >"$OUT/$name.stdout" 2>"$OUT/$name.stderr"
	echo $? >"$OUT/$name.status"
}

# oom_kills NAME [OPTION...]: runs the check on the time since start_window.
oom_kills() {
	name=$1
	shift
	# A killed process is gone before its line is in the log.
	sleep 0.1
	keep "$name" /plugins/check_oom_kills --since=$((($(uptime_cs) - window_start + 10) * 10))ms "$@"
}

# premise NAME NUMBER: saves a number that shows whether the situation under test has occurred.
premise() {
	echo "$2" >"$OUT/$1.premise"
}

# logged TEXT: prints the number of kernel log lines that contain TEXT.
logged() {
	dmesg | grep -cF -- "$1"
}

# ---- the host and its victims

# scope [LIMIT]: recreates the VM's scope, so that its counters start at 0.
scope() {
	rmdir "$SCOPE" 2>/dev/null
	mkdir -p "$SCOPE"
	echo "${1:-max}" >"$SCOPE/memory.max"
}

# hog_vm [OPTION...]: runs the VM's process until it is killed.
hog_vm() {
	hog --cgroup="$SCOPE" "$@" -- qemu-kvm -name guest=$VM,debug-threads=on \
		-uuid 6f1c2d3e-0000-4000-8000-00000000002a -m 8192
	last_kill=$(uptime_cs)
}

# bystander CGROUP MIB NAME [OPTION...]: allocates memory and keeps running.
bystander() {
	cgroup=$CGROUP/$1 mib=$2 name=$3
	shift 3
	mkdir -p "$cgroup"
	rm -f "/run/$name"
	hog --cgroup="$cgroup" --mib="$mib" --ready="/run/$name" "$@" -- "$name" &
	bystander_pid=$!
	while [ ! -e "/run/$name" ]; do
		lives $bystander_pid || return 1
		usleep 10000
	done
}

# lives PID: the process exists and is not a zombie.
lives() {
	[ -n "$1" ] && read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
	case ${stat##*) } in
	Z* | X*) return 1 ;;
	esac
}

# residents: a daemon and a VM that run throughout the scenario.
residents() {
	lives "${daemon_pid-}" || {
		bystander system.slice/nova-compute.service 8 nova-compute
		daemon_pid=$bystander_pid
	}
	lives "${neighbour_pid-}" || {
		bystander 'machine.slice/machine-qemu\x2d2\x2dinstance\x2d0000002b.scope' 16 qemu-kvm
		neighbour_pid=$bystander_pid
	}
}

echo '+memory +cpuset' >"$CGROUP/cgroup.subtree_control"
for slice in "$MACHINES" "$CGROUP/system.slice"; do
	mkdir "$slice"
	echo '+memory +cpuset' >"$slice/cgroup.subtree_control"
done

# Overwrites all 2 MiB of the log.
flood_log() {
	line=$(printf '<6>flood %0900d' 0)
	i=0
	while [ $i -lt 3000 ]; do
		echo "$line"
		i=$((i + 1))
	done >/dev/kmsg
}

# The kernel prints at most ten complete reports in five seconds.
forget_rate_limit() {
	while [ $(($(uptime_cs) - last_kill)) -lt 510 ]; do usleep 100000; done
}

# ---- scenarios

fresh() {
	keep fresh /plugins/check_oom_kills
	keep fresh_available /plugins/check_mem_available
	keep fresh_pressure /plugins/check_mem_pressure
}

# Any process with write access to /dev/kmsg can write the kernel's messages.
forged() {
	line='Out of memory: Killed process 1 (qemu-kvm) total-vm:1234kB, anon-rss:1kB, file-rss:0kB,'
	line="$line shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0"
	for prefix in '' '<0>' '<3>' '<6>' '<30>' '<2048>' '<2051>' '<-1>' '3,1,1,-;'; do
		printf '%s%s\n' "$prefix" "$line" >/dev/kmsg
	done
	premise forged "$(logged 'Killed process 1 (qemu-kvm)')"
	keep forged /plugins/check_oom_kills
}

# The log does not reach back to the boot, as on any host after some weeks.
flooded() {
	flood_log
	premise flooded "$(logged 'Linux version')"
	keep flooded /plugins/check_oom_kills
}

# The check must return a result, and must not be killed, on a host with hardly any free memory.
starved() {
	left_mib=4
	with_kills 0 starve
}

# Leaves more memory if the kernel killed a process, as the amount that the kernel needs varies.
starve() {
	left_mib=$((left_mib + 4))
	bystander system.slice/java.service $(($(meminfo_mib MemAvailable) - left_mib)) java
	oom_kills starved
	keep starved_available /plugins/check_mem_available -w 20%: -c 10%:
	premise starved "$(meminfo_mib MemAvailable)"
	kill -9 $bystander_pid
	wait $bystander_pid
}

global() {
	with_kills 1 global_once
	oom_kills global
}

global_once() {
	scope
	rank_hog global_ranked
}

memcg() {
	scope 24M
	hog_vm
	oom_kills memcg
}

parent_limit() {
	echo 48M >"$MACHINES/memory.max"
	scope
	hog_vm
	echo max >"$MACHINES/memory.max"
	oom_kills parent_limit
}

not_a_vm() {
	unit=$CGROUP/system.slice/backup.service
	mkdir -p "$unit"
	echo 16M >"$unit/memory.max"
	hog --cgroup="$unit" -- tar -cf /backup/all.tar /
	oom_kills not_a_vm
}

oom_group() {
	scope 40M
	echo 1 >"$SCOPE/memory.oom.group"
	bystander "${SCOPE#"$CGROUP"/}" 4 swtpm
	bystander "${SCOPE#"$CGROUP"/}" 4 virtiofsd
	hog_vm
	oom_kills oom_group
}

thread_invoker() {
	scope 24M
	hog_vm --thread='CPU 0/KVM' --uid=64055
	oom_kills thread_invoker
}

# The report's oom-kill: line then has another pid than its Killed line.
leader_exited() {
	scope 24M
	hog_vm --thread='CPU 0/KVM' --leader-exits
	oom_kills leader_exited
}

# The kernel splits the oom-kill: line beyond about 1 KiB.
long_path() {
	scope 24M
	path=$SCOPE
	padding=$(printf '%0150d' 0)
	for level in 1 2 3 4 5 6 7; do
		echo +memory >"$path/cgroup.subtree_control"
		path=$path/$level$padding
		mkdir "$path"
	done
	hog --cgroup="$path" -- qemu-kvm -name guest=$VM
	premise long_path "$(dmesg | grep -F oom-kill: | grep -cv uid=)"
	oom_kills long_path
	while [ "$path" != "$SCOPE" ]; do
		rmdir "$path"
		path=${path%/*}
	done
	rmdir "$SCOPE"
}

# "Out of memory and no killable processes...": no process is killed.
no_killable() {
	unit=$CGROUP/system.slice/ssh.service
	mkdir -p "$unit"
	echo 8M >"$unit/memory.max"
	hog --adj=-1000 --cgroup="$unit" -- sshd -D &
	hog_pid=$!
	while grep -qx 'oom 0' "$unit/memory.events"; do usleep 10000; done
	kill -9 $hog_pid
	wait $hog_pid
	premise no_killable "$(logged 'no killable processes')"
	oom_kills no_killable
}

manual() {
	scope
	bystander "${SCOPE#"$CGROUP"/}" 40 qemu-kvm
	echo f >/proc/sysrq-trigger
	wait $bystander_pid
	oom_kills manual
}

cpuset() {
	with_kills 1 cpuset_once
	oom_kills cpuset
}

cpuset_once() {
	scope
	echo 1 >"$SCOPE/cpuset.mems"
	rank_hog cpuset_ranked
}

mempolicy() {
	with_kills 1 mempolicy_once
	oom_kills mempolicy
}

mempolicy_once() {
	scope
	rank_hog mempolicy_ranked --node=1
}

# Above memory.high nothing is killed: the VM is throttled.
throttled() {
	scope
	echo 16M >"$SCOPE/memory.high"
	hog_vm --mib=64 &
	hog_pid=$!
	while grep -q '^some avg10=[0-9]\.' "$SCOPE/memory.pressure"; do usleep 100000; done
	keep throttled /plugins/check_mem_pressure --cgroup="$SCOPE" -w some-avg10=5 -c some-avg10=100
	keep throttled_elsewhere /plugins/check_mem_pressure --cgroup=/system.slice -w some-avg10=5
	kill -9 "$(cat "$SCOPE/cgroup.procs")"
	wait $hog_pid
}

report() {
	premise report "$(killed_pids | sort -u | wc -l)"
	keep report /plugins/oom_report --format=json
}

hostile() {
	forget_rate_limit
	for comm in ') total-vm:9kB,' 'a\x0aOut of memory' '|"\x27\x5c;=,\xff\xfe\x80\xc3\xa9' \
		'\x1b[31m\x07\x09\x0dx\x7f\x85' '\x010evil' '\x01cevil' 'Out of memory: ' 'x (qemu-kvm) to'; do
		scope 24M
		hog_vm --name="$comm"
	done
	oom_kills hostile
}

no_devkmsg() {
	echo off >/proc/sys/kernel/printk_devkmsg
	keep no_devkmsg /plugins/check_oom_kills -vv
	keep no_devkmsg_kmsg /plugins/check_oom_kills --source=kmsg
	echo on >/proc/sys/kernel/printk_devkmsg
}

unprivileged() {
	echo 1 >/proc/sys/kernel/dmesg_restrict
	keep unprivileged su nagios -c /tmp/plugins/check_oom_kills
	setcap cap_syslog+ep /tmp/plugins/check_oom_kills
	keep capability su nagios -c /tmp/plugins/check_oom_kills
	echo 0 >/proc/sys/kernel/dmesg_restrict
}

# Records of another CPU between the parts of a report.
torn() {
	forget_rate_limit
	scope 4M
	while :; do echo '<6>noise'; done >/dev/kmsg &
	noise_pid=$!
	for _ in 1 2 3 4 5 6; do hog_vm; done
	kill $noise_pid
	wait $noise_pid
	oom_kills torn
}

# From the eleventh report in five seconds on, a kill has only its Killed line: no cgroup, no
# constraint.
rate_limit() {
	scope 4M
	reports_before=$(logged oom-kill:)
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do hog_vm; done
	premise rate_limit $(($(logged oom-kill:) - reports_before))
	oom_kills rate_limit
}

# The kernel chooses a victim three times, which the check must predict.
next_victim() {
	residents
	bystander system.slice/java.service 18 java
	bystander 'machine.slice/machine-qemu\x2d3\x2dinstance\x2d0000002c.scope' 24 qemu-kvm
	bystander 'machine.slice/machine-qemu\x2d2\x2dinstance\x2d0000002b.scope' 12 qemu-kvm --adj=200
	for round in 1 2 3; do
		logged_before=$(logged_kills)
		keep next_victim_$round /plugins/check_vm_oom_score --all
		echo f >/proc/sysrq-trigger
		premise next_victim_$round "$(victim_after "$logged_before")"
		# It must be gone before the next is chosen.
		sleep 0.2
	done
	last_kill=$(uptime_cs)
}

# storm NAME CHECK: 16 VMs in one scope, which CHECK has noted, are killed so quickly that the
# kernel does not report all of them; the output is saved as NAME.
storm() {
	vm_pids=
	forget_rate_limit
	scope
	for vm in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		rm -f /run/ready
		hog_vm --mib=1 --ready=/run/ready &
		vm_pids="$vm_pids $!"
		while [ ! -e /run/ready ]; do usleep 10000; done
	done
	keep "$1_living" "$2"
	reports_before=$(logged oom-kill:)
	# Each time the kernel kills some of them, one after the other.
	for pid in $vm_pids; do
		echo 4096 >"$SCOPE/memory.max"
		[ -n "$(cat "$SCOPE/cgroup.procs")" ] || break
		usleep 20000
	done
	# shellcheck disable=SC2086 # several pids; bystanders live on
	wait $vm_pids
	premise "$1" $(($(logged oom-kill:) - reports_before))
	rmdir "$SCOPE"
	sleep 0.1
	keep "$1" /plugins/check_oom_kills
}

# The state of the checks: the VMs of pids, acknowledgements, and the last value of the kernel's
# counter.
remembered() {
	mkdir /run/memory
	export NAGIOS_PLUGIN_STATE_DIRECTORY=/run/memory
	keep memory_begins /plugins/check_oom_kills --acknowledge
	storm remembered /plugins/check_oom_kills
	keep acknowledge /plugins/check_oom_kills --acknowledge --by=operator
	keep acknowledged /plugins/check_oom_kills
	storm noted /plugins/check_vm_oom_score
	keep acknowledge /plugins/check_oom_kills --acknowledge
	scope 24M
	hog_vm
	sleep 0.1
	keep further /plugins/check_oom_kills
	keep acknowledge /plugins/check_oom_kills --acknowledge
	hog_vm
	flood_log
	premise unrecorded "$(logged 'Killed process')"
	keep unrecorded /plugins/check_oom_kills
	keep unrecorded_again /plugins/check_oom_kills
	unset NAGIOS_PLUGIN_STATE_DIRECTORY
}

# Only the kernel's counter shows the kills.
overflow() {
	flood_log
	premise overflow "$(logged 'Killed process')"
	keep overflow /plugins/check_oom_kills
	mkdir /run/overflow
	export NAGIOS_PLUGIN_STATE_DIRECTORY=/run/overflow
	keep overflow_remembered /plugins/check_oom_kills
	keep acknowledge /plugins/check_oom_kills --acknowledge
	keep overflow_acknowledged /plugins/check_oom_kills
	unset NAGIOS_PLUGIN_STATE_DIRECTORY
	scope 24M
	hog_vm
	sleep 0.1
	keep overflow_killed /plugins/check_oom_kills
}

# Huge pages in the VM's memory.current, as systemd 259 mounts cgroup2. 6.7 has the option, 6.13 the
# line in memory.stat. The premise is 0 without the option, 1 with it, 2 with the line.
huge_pages() {
	mount -o remount,memory_hugetlb_accounting "$CGROUP" 2>/dev/null
	known=$(grep -c memory_hugetlb_accounting /proc/mounts)
	echo 16 >/proc/sys/vm/nr_hugepages
	scope 100M
	rm -f /run/huge
	hog_vm --huge --mib=24 --ready=/run/huge &
	while [ ! -e /run/huge ]; do usleep 10000; done
	premise huge_pages $((known + $(grep -c '^hugetlb ' "$SCOPE/memory.stat")))
	premise huge_pages_account $(($(cat "$SCOPE/memory.current") >> 20))
	keep huge_pages_available /plugins/check_mem_available -v
	keep huge_pages_pools /plugins/check_mem_available --hugepages
	keep huge_pages_score /plugins/check_vm_oom_score
	xargs kill <"$SCOPE/cgroup.procs"
	wait $! 2>/dev/null
	echo 0 >/proc/sys/vm/nr_hugepages
}
