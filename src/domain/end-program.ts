import { POSIX_COMMAND_LINE } from './posix-program.ts';
import type { BuiltProgram } from './remote-program.ts';

/**
 * `f` fills `a` with the living and `k` with all that ever belonged: the process, its group, its session, its descendants (and theirs),
 * and on Linux whatever carries the marker in its environment. `k` only grows: a child outlives the parent that links it to us.
 */
const FIND = `
set -f
list() {
  if [ -r /proc/self/stat ]; then set +f; cat /proc/[0-9]*/stat
  else ps -A -o pid= -o stat= -o ppid= -o pgid= || ps -A -o pid= -o s= -o ppid= -o pgid=
  fi 2>/dev/null
}
marked() {
  [ -r /proc/self/environ ] && { set +f; grep -lsF -e "$m" /proc/[0-9]*/environ; } 2>/dev/null
}
add() {
  case $k in *" $1 "*) return 1;; esac
  k="$k$1 "
}
f() {
  t=$(list)
  for e in $(marked); do
    i=\${e#/proc/}; i=\${i%/environ}
    case $k in *" $i "*) continue;; esac
    [ "$i" != $$ ] && { tr '\\000' '\\n' <"$e" | grep -qxF -e "$m"; } 2>/dev/null && add "$i"
  done
  more=1
  while [ $more = 1 ]; do
    more=0 a=
    IFS=$n
    for l in $t; do
      IFS=$s
      case $l in *') '*) set -- \${l%% *} \${l##*) };; *) set -- $l;; esac
      case $1 in 0|1|$$|*[!0-9]*) continue;; esac
      case $2 in Z*|X*) continue;; esac
      case $k in
      *" $1 "*) a="$a $1";;
      *" $3 "*|*" $4 "*|*" \${5:-none} "*) add "$1"; more=1;;
      esac
    done
    IFS=$s
  done
}
`;

const END = `
f; [ "$a" ] || exit 0
kill -s TERM $a 2>/dev/null
kill -s CONT $a 2>/dev/null
w=0.02
while [ $c -gt 0 ]; do
  sleep $w 2>/dev/null || { sleep 1; c=$((c - 9)); }
  w=0.1 c=$((c - 1))
  f; [ "$a" ] || exit 0
done
c=20
while [ $c -gt 0 ]; do
  kill -s KILL $a 2>/dev/null
  sleep 0.1 2>/dev/null || sleep 1
  c=$((c - 1))
  f; [ "$a" ] || exit 0
done
exit 1
`;

/**
 * What ends a program and all its descendants on a POSIX host: TERM, KILL for those that are left after the grace.
 * Runs over a second channel, exits 0 when nothing is left and 1 when something would not die; at once when there was nothing.
 * Without a pid only the marker finds it, which takes Linux. A double fork that also dropped its environment is found no more.
 */
export const endProgram = (pid: number | undefined, marker: string, graceMs = 2000): BuiltProgram => {
  const known = pid === undefined ? ' ' : ` ${pid} `;
  const start = `n=\${IFS#??} s=$IFS k='${known}' m='OPSCONDUCTOR_ACTION=${marker}' c=${Math.ceil(graceMs / 100)}`;
  return { commandLine: POSIX_COMMAND_LINE, stdin: `_opsc=$(cat); eval "$_opsc"\n${start}\n${FIND}${END}` };
};
