/* QuickJS without its library of the system: runs the script of standard input with a function `print`, and says how an
   exception ended it. */

#include <quickjs.h>
#include <stdio.h>
#include <stdlib.h>

static JSValue print(JSContext *context, JSValueConst this, int count, JSValueConst *values) {
    (void)this;
    for (int i = 0; i < count; i++) {
        const char *text = JS_ToCString(context, values[i]);
        if (!text)
            return JS_EXCEPTION;
        printf("%s%s", i ? " " : "", text);
        JS_FreeCString(context, text);
    }
    putchar('\n');
    return JS_UNDEFINED;
}

static int thrown(JSContext *context) {
    JSValue exception = JS_GetException(context);
    const char *text = JS_ToCString(context, exception);
    printf("uncaught: %s\n", text ? text : "?");
    JS_FreeCString(context, text);
    JS_FreeValue(context, exception);
    return 1;
}

int main(void) {
    static char script[1 << 20];
    size_t length = fread(script, 1, sizeof script - 1, stdin);
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = runtime ? JS_NewContext(runtime) : NULL;
    if (!context)
        return 2;
    JSValue global = JS_GetGlobalObject(context);
    JS_SetPropertyStr(context, global, "print", JS_NewCFunction(context, print, "print", 1));
    JS_FreeValue(context, global);

    JSValue result = JS_Eval(context, script, length, "input", JS_EVAL_TYPE_GLOBAL);
    int status = JS_IsException(result) ? thrown(context) : 0;
    JS_FreeValue(context, result);
    JSContext *job;
    for (int ran; (ran = JS_ExecutePendingJob(runtime, &job)) != 0;)
        if (ran < 0)
            status = thrown(job);
    JS_FreeContext(context);
    JS_FreeRuntime(runtime);
    return status;
}
