#!/usr/bin/env bash
# An array of `true` in a Slurm of its own, for make bench-batch. Usage: scripts/slurm.sh ELEMENTS AT_ONCE
# Prints how many milliseconds it took, from sbatch until nothing of it is left in the queue; where it cannot, the last line it
# prints to stderr says why. Uses Debian's slurm-wlm and munge if they are there (their services need not run), and installs
# nothing. Everything it makes lies in one directory, listens on 127.0.0.1, and is gone in the end.
. "$(dirname "$0")/say.sh"

readonly ELEMENTS=$1 AT_ONCE=$2

for program in munged slurmctld slurmd sbatch squeue; do
    have "$program" || fail "There is no $program here." "apt-get install slurm-wlm munge brings Slurm; its services can stay off"
done
[ "$(id -u)" -eq 0 ] || fail "Slurm runs jobs as root here." "run make bench-batch as root"

dir=$(mktemp -d /tmp/dkl-slurm.XXXXXX)
chmod 755 "$dir"
started=()
clean_up() {
    local process
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    for process in "${started[@]}"; do wait "$process" 2>/dev/null || true; done
    rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# begin PROGRAM ARGS...: in the foreground of a process of ours, so that it ends with us.
begin() {
    "$@" >"$dir/$(basename "$1").log" 2>&1 </dev/null &
    started+=($!)
}

# until_so WHAT COMMAND...: waits 30 s at most.
until_so() {
    local what=$1 end=$((SECONDS + 30))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "Slurm does not get so far: $what." "$(tail -qn 1 "$dir"/*.log | tr '\n' ' ')"
        sleep 0.1
    done
}

host=$(hostname -s)
mkdir "$dir/state" "$dir/spool"
(umask 077 && head -c 1024 /dev/urandom >"$dir/munge.key")
cat >"$dir/slurm.conf" <<CONF
ClusterName=bench
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
SlurmdParameters=config_overrides
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
ReturnToService=2
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$AT_ONCE RealMemory=1000 State=UNKNOWN
PartitionName=bench Nodes=$host Default=YES State=UP
CONF
export SLURM_CONF="$dir/slurm.conf"

begin munged --foreground --force --socket="$dir/munge.socket" --key-file="$dir/munge.key" \
    --pid-file="$dir/munged.pid" --seed-file="$dir/munged.seed"
until_so "munged answers" test -S "$dir/munge.socket"
begin slurmctld -D -f "$SLURM_CONF"
begin slurmd -D -f "$SLURM_CONF"
is_idle() { sinfo --noheader --format=%t | grep -qx idle; }
until_so "its node is idle" is_idle

printf '#!/bin/sh\ntrue\n' >"$dir/true.sh"
begun=$(date +%s%3N)
sbatch --quiet --chdir="$dir" --output=/dev/null --array="0-$((ELEMENTS - 1))%$AT_ONCE" "$dir/true.sh" >&2
while [ -n "$(squeue --noheader --array --format=%i)" ]; do
    [ $SECONDS -lt 240 ] || fail "Slurm has not run the array within 4 min." "$(tail -qn 1 "$dir"/*.log | tr '\n' ' ')"
    sleep 0.1
done
echo $(($(date +%s%3N) - begun))
