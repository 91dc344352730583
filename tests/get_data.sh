#!/bin/sh
# get_data.sh GET-DATA LTCORE - the command that fetches data sets, against a server on this machine that has small
# files of the same kinds. Says each claim, and fails at the end if one did not hold; 77 where there is no python3.
. "$(dirname "$0")/claims.sh"
get=$1
ltcore=$2
for needed in python3 curl; do
    command -v $needed >/dev/null || { echo "not shown: there is no $needed"; exit 77; }
done
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
unset LTCORE_DATA http_proxy HTTP_PROXY all_proxy ALL_PROXY

# What the server has: two plain files, one archive that is right, one without its directory, one that is cut off.
mkdir -p srv cifar
echo images >srv/images.gz
echo labels >srv/labels.gz
echo record >cifar/batch.bin
tar -czf srv/right.tar.gz cifar
tar -czf srv/other.tar.gz srv/images.gz
head -c 60 srv/right.tar.gz >srv/cut.tar.gz
mkfifo port
python3 -u -m http.server 0 --bind 127.0.0.1 --directory srv >port 2>log &
server=$!
read -r line <port
url=$(echo "$line" | sed 's/.*(\(http:[^)]*\)\/).*/\1/')

row() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "http://nowhere.invalid/at/home/$4"; }
sum() { md5sum <"srv/$1" | cut -d ' ' -f 1; }
none=00000000000000000000000000000000
{
    echo "# a comment"
    row plain pair "$(sum images.gz)" images.gz
    row plain pair "$(sum labels.gz)" labels.gz
    row packed cifar "$(sum right.tar.gz)" right.tar.gz
    row wrong pair "$(sum images.gz)" images.gz
    row wrong pair "$none" labels.gz
    row damaged cifar "$none" right.tar.gz
    row missing pair "$(sum images.gz)" images.gz
    row missing pair "$none" absent.gz
    row other cifar "$(sum other.tar.gz)" other.tar.gz
    row cut cifar "$(sum cut.tar.gz)" cut.tar.gz
} >table.tsv
try() { "$get" --table table.tsv --from "$url" "$@"; }
empty() { [ -z "$(ls -A "$1")" ] || { wrong "and leaves nothing in $1"; ls -lA "$1"; }; }
same() { cmp "$1" "$2" || wrong "and $2 is what the server has"; }

claim "plain files are fetched into the directory that the reader looks for" 0 try plain data
same srv/images.gz data/pair/images.gz
same srv/labels.gz data/pair/labels.gz
says out "export LTCORE_DATA=$work/data$"
[ "$(ls -A data data/pair | wc -w)" = 5 ] || { wrong "and nothing else"; ls -lA data data/pair; }
claim "an archive is unpacked, and does not stay" 0 try packed data/
same cifar/batch.bin data/cifar/batch.bin
[ "$(ls -A data)" = "cifar
pair" ] || { wrong "and does not stay"; ls -lA data; }

requests=$(grep -c GET log)
claim "what is there is not fetched again" 0 try plain data
says err "plain is there: $work/data/pair"
[ "$(grep -c GET log)" = "$requests" ] || wrong "and nothing was asked for"

claim "a file that is not the one meant is refused" 1 try wrong bad
says err "labels.gz is another file: its MD5 is $(sum labels.gz), not $none"
empty bad
claim "and so is such an archive, before it is unpacked" 1 try damaged bad
says err "right.tar.gz is another file"
empty bad
claim "a file that the server has not is named, with what to do" 1 try missing bad
says err "absent.gz could not be fetched; put into $work/bad/pair:"
says err "  $url/absent.gz  (MD5 $none)"
empty bad
claim "an archive that brings something else is refused" 1 try other bad
says err "other.tar.gz does not bring the directory cifar"
empty bad
claim "an archive that is cut off is refused" 1 try cut bad
says err "cut.tar.gz cannot be unpacked"
empty bad
claim "a server that cannot be reached is named" 1 "$get" --table table.tsv --from http://127.0.0.1:1 packed bad
says err "http://127.0.0.1:1/right.tar.gz could not be fetched; unpack in $work/bad, which makes cifar:"
empty bad

# In place of curl: one that ends the command in the middle of a file.
mkdir -p stop
cat >stop/curl <<'CURL'
#!/bin/sh
while [ "$1" != --output ]; do shift; done
echo half >"$2"
kill -"$SIGNAL" "$PPID"
CURL
chmod +x stop/curl
claim "interrupted, it leaves nothing" 1 env SIGNAL=TERM PATH="$work/stop:$PATH" "$get" --table table.tsv plain again
empty again
claim "killed, it leaves nothing that has a name" 137 env SIGNAL=KILL PATH="$work/stop:$PATH" "$get" \
    --table table.tsv plain again
[ -z "$(ls again)" ] || { wrong "and leaves no name"; ls -l again; }
claim "and is started again" 0 try plain again
same srv/labels.gz again/pair/labels.gz

# Without curl, and without either: only what is named here is to be found.
mkdir -p few
for tool in sh awk md5sum cut tar gzip mktemp mkdir mv rm dirname sed; do ln -s "$(command -v $tool)" "few/$tool"; done
claim "with neither curl nor wget it says so" 1 env PATH="$work/few" "$get" --table table.tsv --from "$url" plain bad
says err "neither curl nor wget; install one of them"
empty bad
if command -v wget >/dev/null; then
    ln -s "$(command -v wget)" few/wget
    claim "wget serves as well" 0 env PATH="$work/few" "$get" --table table.tsv --from "$url" plain wget
    same srv/images.gz wget/pair/images.gz
    claim "and is refused in the same words" 1 env PATH="$work/few" "$get" --table table.tsv --from "$url" missing bad
    says err "absent.gz could not be fetched; put into"
    empty bad
else
    echo "not shown: there is no wget"
fi

# A place whose name awk would read as a replacement's signs, and a directory that cd finds along CDPATH.
mkdir -p 'srv/a&b\1' near
cp srv/images.gz srv/labels.gz 'srv/a&b\1'
cp "$get" near/get-data
claim "another place may have any name" 0 "$get" --table table.tsv --from "$url/a&b\\1" plain odd
same srv/images.gz odd/pair/images.gz
claim "CDPATH leads it nowhere else" 1 env CDPATH="$work" near/get-data plain far
says err "there is no table $work/near/data.tsv"
cp table.tsv near/data.tsv
claim "neither its list nor its directory" 0 env CDPATH="$work" near/get-data --from "$url" plain near
same srv/images.gz near/pair/images.gz

# In place of curl: one that makes the directory, as a second get-data would that is sooner done.
mkdir -p second late
cat >second/curl <<'CURL'
#!/bin/sh
while [ "$1" != --output ]; do shift; done
cp "srv/${3##*/}" "$2"
mkdir -p late/pair
echo theirs >late/pair/images.gz
CURL
chmod +x second/curl
echo theirs >theirs
claim "what another one fetched meanwhile stays" 0 env PATH="$work/second:$PATH" "$get" --table table.tsv plain late
says err "plain came meanwhile: $work/late/pair"
same theirs late/pair/images.gz
[ "$(ls -A late late/pair | wc -w)" = 4 ] || { wrong "as it is"; ls -lAR late; }

mkdir one two
claim "without a directory it is the first one of LTCORE_DATA" 0 env LTCORE_DATA="$work/one:$work/two" \
    "$get" --table table.tsv --from "$url/" plain
same srv/labels.gz one/pair/labels.gz
lacks out "export"
sed "s,http://nowhere.invalid/at/home,$url," table.tsv | grep -e plain -e packed >home.tsv
claim "all of them, from their own addresses, into ./data" 0 sh -c "rm -rf data; '$get' --table home.tsv all"
same cifar/batch.bin data/cifar/batch.bin
same srv/labels.gz data/pair/labels.gz
claim "all of them have no other place in common" 1 try all bad
says err "goes with one data set"
claim "an unknown name is wrong usage" 2 try plan bad
says err "NAME is one of: plain packed wrong damaged missing other cut all"
claim "no name is wrong usage" 2 try
claim "an unknown option is wrong usage" 2 try --form x plain
claim "a table that is not there is named" 1 "$get" --table nowhere.tsv plain bad
says err "there is no table nowhere.tsv"

# The list that comes with it.
list=$(dirname "$get")/data.tsv
claim "its own list is names, directories, checksums and addresses" 0 awk -F '\t' '
    !/^#/ && (NF != 4 || length($3) != 32 || $3 !~ /^[0-9a-f]*$/ || $4 !~ /^https?:/) { print; bad = 1 }
    END { exit bad }' "$list"
for name in mnist fashion-mnist cifar10 cifar100; do
    directory=$(awk -F '\t' -v name=$name '$1 == name { print $2; exit }' "$list")
    claim "$name goes where its reader looks" 0 "$ltcore" info $name
    says out "^path .*\"$directory\""
    says out "etc/get-data $name"
done
exit $failed
