# Sourced by build: the Debian packages of the bench, and how they are got.
# shellcheck shell=bash

# The kernel of the image. Its headers build gpio-sim, which Debian 12's kernel leaves out.
kernel_release() {
  apt-cache depends linux-image-amd64 2> /dev/null | sed -n 's/.*Depends: linux-image-\([0-9].*-amd64\)$/\1/p' | head -n 1
}

# Installed on this machine: QEMU, what makes an image, what compiles two kernel modules and one Node addon.
host_packages() {
  echo qemu-system-x86 busybox-static cpio kmod e2fsprogs xz-utils binutils gcc g++ make patch python3 libc6-dev libgpiod-dev \
    gpiod "linux-headers-$1"
}

# Downloaded and unpacked into the cache, never installed on this machine.
image_packages() {
  echo "linux-image-$1" "linux-source-${1%%.*}.$(echo "$1" | cut -d. -f2)" udev libkmod2 gpiod libgpiod2
}

missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2> /dev/null) == 'install ok installed' ]] || echo "$package"
  done
}

# Installs what is missing; says what. Needs root only when something is.
install_on_host() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "installs on this machine: ${missing[*]}"
  [[ $(id -u) -eq 0 ]] || cannot "must be root to install ${missing[*]}; run: sudo apt-get install --no-install-recommends ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "${missing[@]}" \
    > "$cache/apt.log" 2>&1 || cannot "apt-get install fails; see $cache/apt.log"
}

# Downloads and unpacks packages into a folder.
unpack_into() {
  local into=$1 debs
  shift
  debs=$(mktemp -d "$cache/debs.XXXXXX")
  say "downloads and unpacks, without installing: $*"
  (cd "$debs" && apt-get -qq -o APT::Sandbox::User=root download "$@") > "$cache/download.log" 2>&1 \
    || cannot "apt-get download fails; see $cache/download.log"
  local deb
  for deb in "$debs"/*.deb; do
    case ${deb##*/} in
      # A gigabyte of sources, of which make-modules wants six files.
      linux-source-*) mv "$deb" "$into/linux-source.deb" ;;
      *) dpkg-deb -x "$deb" "$into" ;;
    esac
  done
  rm -rf "$debs"
}
