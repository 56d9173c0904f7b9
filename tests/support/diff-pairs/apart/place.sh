# Directories and machines. Made apart from the rules: each was expected before it was compared.
# shellcheck shell=bash

apart bp-assert 'a program with assert, in directories of two lengths' \
    same 'unexplained' 'build-path' 'yet unexplained' <<'END'
d=$work/$(either build-1 packages/foo-1.0/tree)
mkdir -p $d
cd $d
printf '#include <assert.h>\nint f(int x) { assert(x > 3); return x * 2; }\nint main(int c, char **v) { (void)v; return f(c); }\n' >m.c
gcc -O1 -Wl,--build-id=none -o m $PWD/m.c
cp m "$out"
END

apart bp-debug-o 'a static library with debug information' \
    same 'unexplained' 'build-path' <<'END'
d=$work/$(either build-1 packages/foo-1.0/tree)
mkdir -p $d
cd $d
printf 'int f(int x) { return x * 2; }\n' >m.c
gcc -g -O1 -c m.c
ar rcD l.a m.o
mkdir -p r/usr/lib
cp l.a r/usr/lib/libm2.a
pack_root r
END

apart bp-rpath 'a program that cmake linked, with the path of its library' \
    same 'unexplained' 'build-path' 'yet unexplained' <<'END'
d=$work/$(either build-1 home/foo)
mkdir -p $d
cd $d
printf 'cmake_minimum_required(VERSION 3.10)\nproject(x C)\nadd_library(l SHARED l.c)\nadd_executable(m m.c)\ntarget_link_libraries(m l)\n' >CMakeLists.txt
echo 'int l(void){return 3;}' >l.c
echo 'int l(void); int main(void){return l();}' >m.c
cmake -S . -B b >/dev/null
cmake --build b >/dev/null
cp b/m "$out"
END

apart bp-libtool 'a .la and a .pc' \
    same 'unexplained' 'build-path' <<'END'
d=$work/$(either build-1 home/foo)
mkdir -p $d
mkdir -p r/usr/lib/pkgconfig
(
    cd $d
    printf '# libfoo.la\ndlname=libfoo.so.1\ndependency_libs=-L%s/lib -lbar\nlibdir=/usr/lib\n' $PWD
) >r/usr/lib/libfoo.la
(
    cd $d
    printf 'srcdir=%s\nName: foo\nVersion: 1.0\nCflags: -I%s/include\n' $PWD $PWD
) >r/usr/lib/pkgconfig/foo.pc
pack_root r
END

apart bp-cmake-export 'exported targets of cmake' \
    same 'unexplained' 'build-path' <<'END'
d=$work/$(either b1 home/foo)
mkdir -p $d
cd $d
printf 'cmake_minimum_required(VERSION 3.10)\nproject(x C)\nadd_library(l STATIC l.c)\nexport(TARGETS l FILE l-targets.cmake)\n' >CMakeLists.txt
echo 'int l(void){return 3;}' >l.c
cmake -S . -B b >/dev/null
cp b/l-targets.cmake "$out"
END

apart bp-pyc-exc 'bytecode with the path of its source' \
    same 'unexplained' 'build-path' <<'END'
d=$work/$(either b1 home/foo)
mkdir -p $d
cd $d
printf 'def f(x):\n    return [i for i in x]\nclass A:\n    def g(self): return 1\n' >m.py
touch -d @1793491200 m.py
/usr/bin/python3 -c 'import py_compile,os; py_compile.compile(os.path.abspath("m.py"), cfile="m.pyc")'
mkdir -p r/usr/lib/python3
cp m.pyc r/usr/lib/python3
pack_root r
END

apart bp-gcno 'a .gcno of gcc --coverage' \
    same 'unexplained' 'build-path' 'yet unexplained' <<'END'
d=$work/$(either b1 home/foo)
mkdir -p $d
cd $d
printf 'int f(int x) { return x * 2; }\n' >m.c
gcc --coverage -c $PWD/m.c -o m.o
cp m.gcno "$out"
END

apart bp-depfile 'a .d of gcc -MMD' \
    same 'unexplained' 'build-path' <<'END'
d=$work/$(either b1 home/foo)
mkdir -p $d
cd $d
echo 'int h;' >h.h
printf '#include "h.h"\nint f(int x) { return x * 2; }\n' >m.c
gcc -MMD -c $PWD/m.c -o $PWD/m.o
cp m.d "$out"
END

apart bp-packlist 'a .packlist' \
    same 'unexplained' 'build-path' <<'END'
d=$work/$(either b1 home/foo)
mkdir -p $d
cd $d
mkdir -p i/lib/perl
printf '%s\n' lib/perl/A.pm lib/perl/B.pm man/A.3 | sed "s,^,$PWD/i/," >"$out"
END

apart bp-venv 'a virtual environment of Python' \
    same 'unexplained' 'build-path' <<'END'
d=$work/$(either b1 home/foo)
mkdir -p $d
cd $d
/usr/bin/python3 -m venv --without-pip v
mkdir -p $OLDPWD/r/opt/v/bin
cp v/bin/activate $OLDPWD/r/opt/v/bin
cp v/pyvenv.cfg $OLDPWD/r/opt/v
cd $OLDPWD
pack_root r
END

apart bp-debuglink 'a stripped program and its debug file' \
    same 'unexplained' 'build-path' 'may unexplained' <<'END'
d=$work/$(either b1 home/foo)
mkdir -p $d
cd $d
printf 'int main(void) { return 2; }\n' >m.c
gcc -g -Wl,--build-id=none -o m m.c
objcopy --only-keep-debug m m.debug
strip m
objcopy --add-gnu-debuglink=m.debug m
mkdir -p r/usr/bin r/usr/lib/debug
cp m r/usr/bin
cp m.debug r/usr/lib/debug
pack_root r
END

apart bp-mktemp 'direct_url.json of pip, with a directory of mktemp' \
    same 'unexplained' 'build-path' <<'END'
t=$(mktemp -d /tmp/pip-req-build-XXXXXXXX)
mkdir -p r/usr/lib/python3/dist-packages/foo-1.0.dist-info
echo "{\"dir_info\": {}, \"url\": \"file://$t\"}" >r/usr/lib/python3/dist-packages/foo-1.0.dist-info/direct_url.json
rmdir $t
pack_root r
END

apart ma-config-uname 'config.log under two kernels' \
    same 'right' 'machine' <<'END'
printf 'AC_INIT([foo],[1.0])\nAC_OUTPUT\n' >configure.ac
autoconf
setarch x86_64 $(is_b && echo --uname-2.6) ./configure -q
sed -n '/^uname/p;/^host/p' config.log >/dev/null
mkdir -p r/usr/share/doc/foo
cp config.log r/usr/share/doc/foo
pack_root r
END

apart ma-triplet 'what config.guess says of 32 and 64 bits' \
    same 'unexplained' 'machine' <<'END'
$(either '' linux32) sh -c '$(ls /usr/share/automake-*/config.guess | head -1)' >g
printf 'prefix=/usr\nhost_triplet=%s\nmachine=%s\n' $(cat g) $($(either '' linux32) uname -m) >"$out"
END

apart ma-march 'an object for two processors, with debug information' \
    same 'right' 'machine' 'may unexplained' <<'END'
printf 'int f(const int *a, int n) { int s = 0; for (int i = 0; i < n; i++) s += a[i] * i; return s; }\n' >m.c
gcc -g -O3 -march=$(either x86-64 haswell) -c m.c
cp m.o "$out"
END

apart ma-march-nodebug 'the same, without: nothing says why' \
    same 'right' 'unexplained' 'may machine' 'not random' 'not build-time' 'not parallel-order' <<'END'
printf 'int f(const int *a, int n) { int s = 0; for (int i = 0; i < n; i++) s += a[i] * i; return s; }\n' >m.c
gcc -O3 -march=$(either x86-64 haswell) -c m.c
cp m.o "$out"
END

apart ma-nproc 'jobs by the number of processors' \
    same 'unexplained' 'machine' <<'END'
taskset -c $(either 0 0,1) sh -c 'printf "CFLAGS=-O2\nMAKEFLAGS=-j%s\nNPROC=%s\n" $(nproc) $(nproc)' >"$out"
END

apart ma-procversion 'uname -srvm under two kernels' \
    same 'right' 'machine' <<'END'
mkdir -p r/usr/share/doc/foo
setarch $(either x86_64 '--uname-2.6') uname -srvm >r/usr/share/doc/foo/platform
pack_root r
END

apart ma-modules-dir 'modules of the kernel that runs' \
    same 'right' 'missing' 'may machine' <<'END'
k=$(setarch $(either x86_64 --uname-2.6) uname -r)
mkdir -p r/lib/modules/$k
echo x >r/lib/modules/$k/modules.order
pack_root r
END

apart ma-py-platform 'platform.platform() of Python under two kernels' \
    same 'unexplained' 'machine' <<'END'
setarch $(either x86_64 --uname-2.6) /usr/bin/python3 -c 'import platform,json; print(json.dumps({"python": "3.11", "platform": platform.platform(), "release": platform.release()}))' >"$out"
END
