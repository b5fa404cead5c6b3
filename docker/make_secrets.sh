#!/bin/sh
# Make the secrets that docker-compose.yml mounts, once; what is there is kept.
# The folder is closed to others; the files are readable, since the containers' user is another.
set -eu
dir=${SECRETS_DIR:-secrets}
umask 022
mkdir -p "$dir" && chmod 700 "$dir"
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
[ -s "$dir/secret_key" ] || random >"$dir/secret_key"
if [ ! -s "$dir/db_password" ]; then
    random >"$dir/db_password"
    rm -f "$dir/database_url"
fi
[ -s "$dir/database_url" ] ||
    printf 'postgres://semtriage:%s@db:5432/semtriage' "$(cat "$dir/db_password")" >"$dir/database_url"
echo "Secrets are in $dir/. Keep them out of version control."
