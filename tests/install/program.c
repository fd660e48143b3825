/*
 * A program outside of the tree: it knows only the installed headers and the pkg-config file. It prints the version
 * of the library that it runs with.
 */
#include <stdio.h>
#include <vfs/vfs.h>

int main(void)
{
        return puts(vfs_version()) < 0;
}
