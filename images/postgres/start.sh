#!/bin/sh
# Makes the database at the first start, then is Postgres. A half-made one is made again: the marker comes last.
set -eu
: "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
made="$PGDATA/docklet-made"
if [ ! -e "$made" ]; then
    # The folder it is made in is there until everything in it is in place.
    making="$PGDATA/docklet-making"
    if [ -e "$PGDATA/PG_VERSION" ] && [ ! -e "$making" ]; then
        echo "$PGDATA holds a database that this image has not made; it is left as it is" >&2
    else
        find "$PGDATA" -mindepth 1 -delete
        mkdir -m 0700 "$making"
        initdb -D "$making" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=peer --auth-host=scram-sha-256 \
            --encoding=UTF8 --locale=C.UTF-8 >/dev/null
        {
            echo 'local all all trust'
            echo 'host all all all scram-sha-256'
        } >"$making/pg_hba.conf"
        if [ "$POSTGRES_DB" != postgres ]; then
            echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single -D "$making" postgres >/dev/null
        fi
        mv "$making"/* "$PGDATA"/
        rmdir "$making"
    fi
    touch "$made"
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
