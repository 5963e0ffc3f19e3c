//! An interpreter without floats, for processors that compute them in software (`--cfg=stilt_disable_interp_floats`). The functions that
//! compilers call for an operation on floats return at once, so that those of Rust's library are not linked. They are the whole
//! program's: nothing else in it may compute with such floats either. Nothing here gets to them, as images with operations on floats
//! are refused when they are loaded.
//!
//! Named as compilers know them: the run-time ABI for the Arm architecture, section 4.1.2; GCC's "Routines for floating point emulation".

/// Functions that do nothing but return, under many names.
macro_rules! nothing {
    ($before:literal, $back:literal, $($name:ident)*) => {
        core::arch::global_asm!(
            ".section .text.stilt_no_floats, \"ax\", %progbits",
            ".balign 4",
            $(
                $before,
                concat!(".globl ", stringify!($name)),
                concat!(".type ", stringify!($name), ", %function"),
                concat!(stringify!($name), ":"),
            )*
            $back,
            ".text",
        );
    };
}

#[cfg(target_arch = "arm")]
nothing! { ".thumb_func", "bx lr",
    __aeabi_cdcmpeq __aeabi_cdcmple __aeabi_cdrcmple __aeabi_cfcmpeq __aeabi_cfcmple __aeabi_cfrcmple
    __aeabi_d2f __aeabi_d2iz __aeabi_d2lz __aeabi_d2uiz __aeabi_d2ulz
    __aeabi_dadd __aeabi_dcmpeq __aeabi_dcmpge __aeabi_dcmpgt __aeabi_dcmple __aeabi_dcmplt __aeabi_dcmpun
    __aeabi_ddiv __aeabi_dmul __aeabi_dneg __aeabi_drsub __aeabi_dsub
    __aeabi_f2d __aeabi_f2iz __aeabi_f2lz __aeabi_f2uiz __aeabi_f2ulz
    __aeabi_fadd __aeabi_fcmpeq __aeabi_fcmpge __aeabi_fcmpgt __aeabi_fcmple __aeabi_fcmplt __aeabi_fcmpun
    __aeabi_fdiv __aeabi_fmul __aeabi_fneg __aeabi_frsub __aeabi_fsub
    __aeabi_i2d __aeabi_i2f __aeabi_l2d __aeabi_l2f __aeabi_ui2d __aeabi_ui2f __aeabi_ul2d __aeabi_ul2f
    fma fmaf fmod fmodf
}

#[cfg(target_arch = "riscv32")]
nothing! { "", "ret",
    __adddf3 __addsf3 __divdf3 __divsf3 __muldf3 __mulsf3 __negdf2 __negsf2 __subdf3 __subsf3
    __eqdf2 __eqsf2 __gedf2 __gesf2 __gtdf2 __gtsf2 __ledf2 __lesf2 __ltdf2 __ltsf2 __nedf2 __nesf2 __unorddf2 __unordsf2
    __extendsfdf2 __truncdfsf2
    __fixdfdi __fixdfsi __fixsfdi __fixsfsi __fixunsdfdi __fixunsdfsi __fixunssfdi __fixunssfsi
    __floatdidf __floatdisf __floatsidf __floatsisf __floatundidf __floatundisf __floatunsidf __floatunsisf
    fma fmaf fmod fmodf
}
