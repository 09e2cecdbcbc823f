# Runs a PostgreSQL server in the folder $1 with the programs of the folder $2, until standard input ends: then, however
# the tests came to their end, the server is stopped and the folder deleted.
folder=$1
PATH=$2:$PATH
export LC_ALL=C
# What survives a power cut is PostgreSQL's matter; tests kill our processes, and the server dies with its data anyway.
hasty='-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c checkpoint_timeout=1d -c max_wal_size=4GB'

stop() {
  pg_ctl stop -D "$folder/data" -m immediate -w >>"$folder/log" 2>&1 </dev/null
  rm -rf "$folder"
}
trap stop EXIT

cd "$folder" &&
  initdb -D "$folder/data" -U guestpass -A trust -E UTF8 --no-sync >>"$folder/log" 2>&1 </dev/null &&
  pg_ctl start -D "$folder/data" -w -l "$folder/log" \
    -o "-c listen_addresses='' -c unix_socket_directories='$folder' $hasty" >>"$folder/log" 2>&1 </dev/null || {
  tail -n 5 "$folder/log"
  exit 1
}
echo ready
while read -r _; do :; done
